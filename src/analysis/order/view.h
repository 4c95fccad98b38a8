/* view.h - a network and the first samples of a data set, as groups and tails look at them (group.c). */
#ifndef ND_ORDER_VIEW_H
#define ND_ORDER_VIEW_H
#include "analysis/order/concordance.h"
#include "analysis/order/order.h"

typedef struct nd_order_view {
    int recalibrated;
    int64_t samples;       /* asked for; 0: all */
    nndyn_dataset dataset; /* the data set with so many samples: a view, no handle */
} nd_order_view;

/* Options "statistics" and "samples". */
int nd_order_view_read(nndyn_network *network, const nndyn_options *options, nd_order_view *view);
/* Opens frozen, whose batch norm is recalibrated over the whole data set if asked for. */
int nd_order_view_open(nndyn_network *network, const nndyn_dataset *dataset, nd_order_view *view, nd_frozen *frozen);

#endif
