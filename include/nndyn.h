/* nndyn.h - train neural networks and analyze the dynamics of their learning.
 *
 * SPDX-License-Identifier: MIT
 *
 * The umbrella: it includes the public headers in reading order and defines nothing else.  What holds for every
 * function (status, ownership, threads, layout of arrays) stands once, at the top of nndyn/core.h. */
#ifndef NNDYN_H
#define NNDYN_H
#include "nndyn/core.h"
#include "nndyn/kernels.h"
#include "nndyn/linalg.h"
#include "nndyn/statistics.h"
#include "nndyn/asymptotics.h"
#include "nndyn/data.h"
#include "nndyn/network.h"
#include "nndyn/derivatives.h"
#include "nndyn/training.h"
#include "nndyn/recorder.h"
#include "nndyn/map.h"
#include "nndyn/recurrent.h"
#include "nndyn/duality.h"
#include "nndyn/ntk.h"
#include "nndyn/linearized.h"
#include "nndyn/correlation.h"
#include "nndyn/equilibrium.h"
#include "nndyn/criticality.h"
#include "nndyn/separation.h"
#include "nndyn/order.h"
#include "nndyn/springblock.h"
#include "nndyn/basin.h"
#include "nndyn/basin_map.h"
#include "nndyn/sweep.h"
#include "nndyn/width_scan.h"
#endif
