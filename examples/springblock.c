/* springblock.c - the phase diagram of the spring-block chain, drawn in letters: which layers carry the load. */
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCKS = 7, FRICTIONS = 4, NOISES = 8 };

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    const double friction[FRICTIONS] = {.08, .06, .04, .02};
    const double noise[NOISES] = {0, .01, .02, .03, .04, .06, .10, .20};
    double kappa[FRICTIONS * NOISES], mean[BLOCKS], curvature[2], bow[2], steps;
    nndyn_context *context;
    nndyn_options *options;
    nndyn_springblock *chain;
    check(nndyn_context_create(&context), NULL);
    /* [chain] */
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_double(options, "friction_left", .08), options);
    check(nndyn_springblock_create(context, BLOCKS, options, &chain), context);
    check(nndyn_springblock_phase(chain, FRICTIONS, friction, NOISES, noise, 0, 10000, NULL, kappa, NULL, NULL, NULL,
                                  NULL),
          chain);
    check(nndyn_springblock_ensemble(chain, 100, 10000, NULL, mean, NULL, curvature, bow, NULL), chain);
    check(nndyn_springblock_relaxation_time(chain, &steps), chain);
    /* [end] */
    printf("kappa of the mean field after 10 000 steps; friction_left 0.08\nfriction_right \\ noise\n      ");
    for (int j = 0; j < NOISES; j++) {
        printf("%8.2f", noise[j]);
    }
    for (int i = 0; i < FRICTIONS; i++) {
        printf("\n%6.2f", friction[i]);
        for (int j = 0; j < NOISES; j++) {
            const double k = kappa[i * NOISES + j];
            printf(" %+6.3f%c", k, k < -.03 ? 'L' : k > .03 ? 'E' : ' ');
        }
    }
    printf("\nL: late layers carry the load, E: early layers\n\n");
    printf("friction_right %.2f, noise %.2f: kappa %+.4f +- %.4f, bow %+.4f +- %.4f; it forgets in %.0f steps\n", .1,
           .1, curvature[0], curvature[1], bow[0], bow[1], steps);
    nndyn_springblock_free(chain);
    nndyn_options_free(options);
    nndyn_context_free(context);
    return 0;
}
