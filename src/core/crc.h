/* crc.h - the checksum of files: CRC-64/XZ (reflected polynomial of ECMA-182), which finds every burst of errors up to
 * 64 bits. */
#ifndef ND_CRC_H
#define ND_CRC_H
#include <stdint.h>

/* Eight bytes at a time; the tables are made when a file is opened. */
typedef struct nd_crc {
    uint64_t table[8][256];
} nd_crc;

void nd_crc_prepare(nd_crc *crc);
/* The checksum of what came before, 0 at the beginning, and then `size` more bytes. */
uint64_t nd_crc_extend(const nd_crc *crc, uint64_t checksum, const void *bytes, int64_t size);

#endif
