/* file.h - little-endian records with a checksum, written as a whole or not at all; and whole files read into memory.
 *
 * Sticky errors: after the first failure the other calls do nothing, so that writers and readers need one check at the
 * end.  Layout of a file: docs/format.md. */
#ifndef ND_FILE_H
#define ND_FILE_H
#include "core/core.h"

typedef struct nd_writer nd_writer;
typedef struct nd_reader nd_reader;

/* The file appears under its name only when nd_writer_close succeeds (written beside it, synced, renamed); on failure
 * what was there before is untouched.  nd_writer_close always frees the writer; `status` is the caller's own so far. */
int nd_writer_open(void *handle, const char *path, nd_writer **out);
/* The same for a text, without anything around it: nd_write_bytes alone. */
int nd_writer_open_text(void *handle, const char *path, nd_writer **out);
void nd_write_bytes(nd_writer *writer, int64_t size, const char *bytes);
void nd_write_integer(nd_writer *writer, int64_t value);
void nd_write_real(nd_writer *writer, double value);
void nd_write_text(nd_writer *writer, const char *text); /* at most 4095 bytes */
void nd_write_f32(nd_writer *writer, int64_t count, const float *values);
void nd_write_f64(nd_writer *writer, int64_t count, const double *values);
int nd_writer_close(nd_writer *writer, int status);

/* Reads and verifies the whole file (magic, version, length, checksum) before anything is interpreted. */
int nd_reader_open(void *handle, const char *path, nd_reader **out);
int64_t nd_read_integer(nd_reader *reader, int64_t least, int64_t most, const char *what);
double nd_read_real(nd_reader *reader, double least, double most, const char *what);
void nd_read_text(nd_reader *reader, int64_t capacity, char *text, const char *what);
/* Fails, before anything is allocated for it, if fewer bytes are left than these numbers take; every number must be
 * finite. */
void nd_read_f32(nd_reader *reader, int64_t count, float *values, const char *what);
void nd_read_f64(nd_reader *reader, int64_t count, double *values, const char *what);
int64_t nd_reader_left(const nd_reader *reader); /* bytes not yet read */
int nd_reader_status(const nd_reader *reader);
/* Frees the reader; returns `status` if that is a failure, else the reader's. */
int nd_reader_close(nd_reader *reader, int status);

/* The bytes of a file, allocated from the handle's context, with a zero byte after them. */
int nd_read_file(void *handle, const char *path, char **bytes, int64_t *size);

/* NNDYN_EIO: "'path' cannot be <verb>: " and the system's words for an error number. */
int nd_fail_system(void *handle, const char *verb, const char *path, int error);

#endif
