/* propagate_f32.c - batches through networks in single precision.  SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "network/build.h"
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define R                float
#define ND(name)         nd_##name##_f32
#define KERNELS(network) ((network)->k32)
#include "network/layers.inc"
#include "network/strips.inc"
#include "network/propagate.inc"
