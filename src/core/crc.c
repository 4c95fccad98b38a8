/* crc.c - CRC-64/XZ by slices of eight bytes. */
#include "core/crc.h"

void nd_crc_prepare(nd_crc *crc)
{
    const uint64_t polynomial = 0xC96C5795D7870F42u;
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t c = byte;
        for (int bit = 0; bit < 8; bit++) {
            c = (c >> 1) ^ (polynomial & (0 - (c & 1)));
        }
        crc->table[0][byte] = c;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (int byte = 0; byte < 256; byte++) {
            const uint64_t c = crc->table[slice - 1][byte];
            crc->table[slice][byte] = (c >> 8) ^ crc->table[0][c & 0xff];
        }
    }
}

uint64_t nd_crc_extend(const nd_crc *crc, uint64_t checksum, const void *bytes, int64_t size)
{
    const unsigned char *at = bytes;
    const unsigned char *const end = at + size;
    uint64_t c = ~checksum;
    for (; end - at >= 8; at += 8) {
        uint64_t mixed = 0;
        for (int i = 0; i < 8; i++) {
            mixed ^= crc->table[7 - i][at[i] ^ (c >> (8 * i) & 0xff)];
        }
        c = mixed;
    }
    for (; at < end; at++) {
        c = (c >> 8) ^ crc->table[0][(c ^ *at) & 0xff];
    }
    return ~c;
}
