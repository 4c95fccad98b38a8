/* envelope.h - what stands around the payload of a file, for writer and reader.
 *
 *     offset  bytes
 *          0      8  magic: 89 4e 4e 44 59 4e 0a 1a; its first byte and its line end show damage by text transfer
 *          8      4  version of the envelope, 1
 *         12      4  zero
 *         16      8  length of the payload
 *         24      -  payload: integers and reals of 8 bytes, texts as length and bytes, arrays of 4 or 8 bytes an entry
 *         end     8  CRC-64/XZ of the payload followed by the first 24 bytes
 *
 * Everything is little-endian, integers in two's complement, reals in IEEE 754. */
#ifndef ND_ENVELOPE_H
#define ND_ENVELOPE_H
#include <stdint.h>
#include <string.h>

enum { ND_FILE_VERSION = 1, ND_FILE_HEADER = 24, ND_FILE_TRAILER = 8, ND_FILE_TEXT = 4096 };

#define ND_FILE_MAGIC "\x89NNDYN\n\x1a"

static inline void nd_put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (unsigned char)(value >> (8 * i));
    }
}

static inline void nd_put_u64(unsigned char *to, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        to[i] = (unsigned char)(value >> (8 * i));
    }
}

static inline uint32_t nd_get_u32(const unsigned char *from)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        value |= (uint32_t)from[i] << (8 * i);
    }
    return value;
}

static inline uint64_t nd_get_u64(const unsigned char *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value |= (uint64_t)from[i] << (8 * i);
    }
    return value;
}

static inline void nd_put_header(unsigned char header[ND_FILE_HEADER], int64_t length)
{
    memcpy(header, ND_FILE_MAGIC, 8);
    nd_put_u32(header + 8, ND_FILE_VERSION);
    nd_put_u32(header + 12, 0);
    nd_put_u64(header + 16, (uint64_t)length);
}

#endif
