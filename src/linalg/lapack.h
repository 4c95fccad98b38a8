/* lapack.h - what every call of LAPACK needs beside itself; for the files of this room that call it. */
#ifndef ND_LAPACK_H
#define ND_LAPACK_H
#include "linalg/linalg.h"
#include <lapacke.h>

/* NNDYN_OK, or the message of a LAPACK routine's info. */
int nd_lapack_status(void *handle, const char *routine, lapack_int info);
/* NNDYN_EUNSUPPORTED if `largest`, the greatest length a routine is to index, overflows its integers. */
int nd_check_fits(void *handle, double largest, int64_t m, int64_t n, const char *routine);
/* NNDYN_ENUMERIC unless all numbers are finite. */
int nd_check_matrix(void *handle, int64_t count, const double *a, const char *routine);
/* The length of workspace a query returned. */
lapack_int nd_queried(double work);

#endif
