/* setting.c - the choice of kernels of a context. */
#include "kernels/kernels.h"
#include "nndyn/kernels.h"

static int set_kernels(nndyn_context *context, const char *name)
{
    ND_TRY(nd_check_pointer(context, name, "name"));
    const int status = nd_kernels_check(name);
    if (status == NNDYN_EUNSUPPORTED) {
        return nd_fail(context, status,
                       "kernels '%.40s' are not in this build or not for this processor; 'auto' takes '%s'", name,
                       nd_kernels_choose_f64("auto")->name);
    }
    if (status != NNDYN_OK) {
        return nd_fail(context, status, "name is '%.40s'; it must be 'auto', 'baseline', 'avx2' or 'avx512'", name);
    }
    nd_context_use_kernels(context, name);
    return NNDYN_OK;
}

int nndyn_context_set_kernels(nndyn_context *context, const char *name)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_kernels"));
    return nd_leave(context, set_kernels(context, name));
}
