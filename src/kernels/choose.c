/* choose.c - which compiled instance of the kernels to use: by name, within what build and processor have. */
#include "kernels/sets.h"
#include <string.h>

static int has_always(void)
{
    return 1;
}

#ifdef ND_HAVE_avx2
static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}
#endif

#ifdef ND_HAVE_avx512
static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

typedef struct nd_set {
    const char *name;
    int (*supported)(void);
    const nd_kernels_f32 *f32;
    const nd_kernels_f64 *f64;
} nd_set;

static const nd_set sets[] = {
/* best first: "auto" takes the first one the processor has */
#ifdef ND_HAVE_avx512
    {"avx512", has_avx512, &nd_kernels_f32_avx512, &nd_kernels_f64_avx512},
#endif
#ifdef ND_HAVE_avx2
    {"avx2", has_avx2, &nd_kernels_f32_avx2, &nd_kernels_f64_avx2},
#endif
    {"baseline", has_always, &nd_kernels_f32_baseline, &nd_kernels_f64_baseline},
};
enum { SETS = sizeof sets / sizeof sets[0] };

static const nd_set *find(const char *name)
{
    int any = strcmp(name, "auto") == 0;
    for (int i = 0; i < SETS; i++) {
        if ((any || strcmp(name, sets[i].name) == 0) && sets[i].supported()) {
            return &sets[i];
        }
    }
    return NULL;
}

const nd_kernels_f32 *nd_kernels_choose_f32(const char *name)
{
    const nd_set *set = find(name);
    return set == NULL ? NULL : set->f32;
}

const nd_kernels_f64 *nd_kernels_choose_f64(const char *name)
{
    const nd_set *set = find(name);
    return set == NULL ? NULL : set->f64;
}

int nd_kernels_check(const char *name)
{
    static const char *const known[] = {"auto", "baseline", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i]) == 0) {
            return find(name) == NULL ? NNDYN_EUNSUPPORTED : NNDYN_OK;
        }
    }
    return NNDYN_EARG;
}
