/* propagate_f64.c - batches through networks in double precision.  SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "network/build.h"
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define R                double
#define ND(name)         nd_##name##_f64
#define KERNELS(network) ((network)->k64)
#include "network/layers.inc"
#include "network/strips.inc"
#include "network/propagate.inc"
