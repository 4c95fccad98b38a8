/* springblock_support.h - chains from a line of text, and a naive twin of the chain. */
#ifndef TEST_SPRINGBLOCK_SUPPORT_H
#define TEST_SPRINGBLOCK_SUPPORT_H
#include "core/random.h"
#include "nndyn/springblock.h"
#include "support/fixture.h"

enum { NT_BLOCKS = 7 };

/* Options from a list such as "order=2 noise=0.1 scheme=sign". */
NT_UNUSED static nndyn_options *nt_options(const char *text)
{
    nndyn_options *options;
    char copy[256], *rest = copy;
    nt_ok(context, nndyn_options_create(context, &options));
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '='), *end;
        *value++ = '\0';
        const double number = strtod(value, &end);
        const int whole = number == floor(number) && (strcmp(word, "order") == 0 || strcmp(word, "seed") == 0);
        nt_ok(options, *end != '\0' ? nndyn_options_set_text(options, word, value)
                       : whole      ? nndyn_options_set_integer(options, word, (int64_t)number)
                                    : nndyn_options_set_double(options, word, number));
    }
    return options;
}

NT_UNUSED static nndyn_springblock *nt_chain(int64_t blocks, const char *text)
{
    nndyn_springblock *chain;
    nndyn_options *options = nt_options(text);
    nt_ok(context, nndyn_springblock_create(context, blocks, options, &chain));
    nndyn_options_free(options);
    return chain;
}

/* L - 1 less x: what the published figures show. */
NT_UNUSED static void nt_from_end(int64_t blocks, double *x)
{
    for (int64_t l = 0; l < blocks; l++) {
        x[l] = 1 - x[l];
    }
}

/* ---- the twin: the equations of the header of springblock.h, one chain, no economy ------------------------------- */

typedef struct nt_twin {
    int64_t blocks;
    int order, held, common, sign;
    double k, y, force, right, left, noise, decay, step, mass, damping;
    int64_t seed, run;
    double x[16], v[16];
} nt_twin;

NT_UNUSED static void nt_twin_step(nt_twin *c, int64_t at)
{
    const int64_t blocks = c->blocks;
    double old[18], xi[16];
    const nd_stream stream = nd_stream_open(c->seed, ND_RANDOM_SPRINGBLOCK, c->run, 0);
    memset(old, 0, sizeof old);
    memcpy(old + 1, c->x, (size_t)blocks * sizeof *old);
    old[blocks + 1] = c->y;
    const double scale = c->noise * exp(-c->decay * c->step * (double)at) * (c->common ? sqrt((double)blocks) : 1);
    for (int64_t l = 0; l < blocks; l++) {
        nd_normal(stream, c->common ? at : at * blocks + l, 1, &xi[l]);
        double f = c->k * (old[l + 2] - 2 * old[l + 1] + old[l]);
        if (l == blocks - 1 && !c->held) {
            f = c->force - c->k * (old[l + 1] - old[l]);
        }
        if (c->order == 1) {
            const double g = f + scale * xi[l];
            c->x[l] += c->step * (g > c->right ? g - c->right : g < -c->left ? g + c->left : 0);
            continue;
        }
        double w = c->v[l] + c->step * (f - c->damping * c->v[l]) / c->mass + scale * sqrt(c->step) * xi[l];
        const double r = c->right * c->step, s = c->left * c->step;
        if (c->sign) {
            w += c->v[l] > 0 ? -r : c->v[l] < 0 ? s : 0;
        } else {
            w = w > r ? w - r : w < -s ? w + s : 0;
        }
        c->v[l] = w;
        c->x[l] += c->step * w;
    }
}

#endif
