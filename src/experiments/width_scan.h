/* width_scan.h - the width scan as its own files see it. */
#ifndef ND_WIDTH_SCAN_ROOM_H
#define ND_WIDTH_SCAN_ROOM_H
#include "core/core.h"
#include "nndyn/sweep.h"
#include "nndyn/width_scan.h"

/* The built-in networks.  Only numbers of eight bytes, so that there is no padding in what the checksum reads. */
typedef struct nd_width_network {
    int64_t inputs, outputs, layers, activation;
    double parameter; /* NaN: the activation's own */
    int64_t standard;
    double weight_scale, bias_scale, readout_power;
    int64_t loss, dtype;
} nd_width_network;

struct nndyn_width_scan {
    nd_handle handle;
    nndyn_sweep *sweep; /* over the widths; runs are its seeds, of which a width takes as many as it has runs */
    int64_t count;
    int64_t *widths, *runs;
    int64_t first, columns;
    nd_width_network network; /* inputs is 0: none */
    double mark;              /* of network */
    int (*factory)(void *user, nndyn_context *context, int64_t width, int64_t seed, nndyn_network **network);
    void *factory_user;
    int (*measure)(void *user, nndyn_context *context, nndyn_network *network, int64_t width, int64_t seed,
                   int64_t columns, double *row);
    void *measure_user;
};

/* ---- networks (width_scan_network.c) ----------------------------------------------------------------------------- */

int nd_width_network_read(nndyn_width_scan *scan, int64_t inputs, int64_t outputs, const nndyn_options *options,
                          nd_width_network *out);
/* 32 bits, which a double holds. */
int nd_width_network_mark(nndyn_width_scan *scan, const nd_width_network *network, double *mark);
double nd_width_network_bytes(const nd_width_network *network, int64_t width);
/* A network by the scan's factory, or built in, from a context that is seeded for the run. */
int nd_width_network_make(const nndyn_width_scan *scan, nndyn_context *context, int64_t width, int64_t seed,
                          nndyn_network **out);

#endif
