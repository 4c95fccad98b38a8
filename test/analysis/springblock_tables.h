/* springblock_tables.h - the phase tables of docs/springblock.md. */
#ifndef TEST_SPRINGBLOCK_TABLES_H
#define TEST_SPRINGBLOCK_TABLES_H

enum { NT_FRICTIONS = 4, NT_NOISES = 8, NT_FRICTIONS_2 = 5, NT_NOISES_2 = 7 };

/* Order 1, step .01, 10 000 steps, friction_left .08: kappa and bow of 300 runs. */
static const double nt_friction[NT_FRICTIONS] = {.08, .06, .04, .02};
static const double nt_noise[NT_NOISES] = {0, .01, .02, .03, .04, .06, .10, .20};
static const double nt_kappa[NT_FRICTIONS * NT_NOISES] = {
    -.438, -.385, -.327, -.243, -.135, -.022, -.001, .000, -.376, -.318, -.225, -.108, -.013, .057, .066, .066,
    -.302, -.196, -.079, .023,  .091,  .124,  .127,  .127, -.149, -.043, .055,  .136,  .172,  .183, .184, .184,
};
/* The first row is printed at its ends only. */
static const double nt_bow[NT_FRICTIONS * NT_NOISES] = {
    .266, NAN,  NAN,  NAN,   NAN,   NAN,   NAN,   .000,  .235, .195, .134,  .066,  .010,  -.033, -.038, -.038,
    .181, .115, .048, -.011, -.052, -.072, -.074, -.074, .087, .026, -.030, -.077, -.100, -.107, -.107, -.107,
};

/* Order 2, as published but friction_left .004: kappa of 60 runs of 14 000 steps. */
static const double nt_friction_2[NT_FRICTIONS_2] = {.004, .003, .002, .001, 0};
static const double nt_noise_2[NT_NOISES_2] = {0, .0005, .001, .0015, .002, .003, .006};
static const double nt_kappa_2[NT_FRICTIONS_2 * NT_NOISES_2] = {
    -.302, -.168, -.067, -.025, -.010, -.001, .003, -.234, -.098, -.014, .017, .028,
    .034,  .037,  -.149, -.032, .035,  .056,  .063, .067,  .069,  -.071, .031, .079,
    .092,  .096,  .098,  .100,  .000,  .087,  .119, .125,  .127,  .128,  .130,
};

#endif
