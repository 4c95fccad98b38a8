"""
libnndyn for Julia: train neural networks and analyze the dynamics of their learning.

One file over the shared library, which is looked for in `ENV["NNDYN_LIBRARY"]`, next to this file, in `../lib` and
`../../lib` of it, and then where the system's loader looks.

    net = NNDyn.Network(64)
    NNDyn.dense!(net, 32, NNDyn.TANH); NNDyn.dense!(net, 10); NNDyn.loss!(net, NNDyn.SOFTMAX_CROSS_ENTROPY)
    trainer = NNDyn.Trainer(net, NNDyn.ADAM; rate = 1e-3)
    loss = NNDyn.step!(trainer, x, t)
    s = NNDyn.duality_singular_values(net, x, t)

Samples are columns: what is `n x inputs` in C is `inputs x n` here, without a copy; likewise every matrix that comes
back is the transpose of what the C header says. What a C function takes as options are keyword arguments. A failure
throws `NNDyn.Failure` with the library's sentence; an exception inside of a callback comes out of the call that ran it.
SPDX-License-Identifier: MIT
"""
module NNDyn

using Libdl

const LIBRARY = Ref{Ptr{Cvoid}}(C_NULL)

symbol(name) = Libdl.dlsym(LIBRARY[], name)

# ---- declarations: written by generate.py from the public headers ----------------------------------------------------

const HEADERS = v"0.1.0" # version declared against

const OK = Cint(0)
const ENOMEM = Cint(-1)
const EARG = Cint(-2)
const EOPTION = Cint(-3)
const ESTATE = Cint(-4)
const EBUSY = Cint(-5)
const EDATA = Cint(-6)
const ENUMERIC = Cint(-7)
const ECANCELED = Cint(-8)
const EIO = Cint(-9)
const EFORMAT = Cint(-10)
const ELIMIT = Cint(-11)
const EUNSUPPORTED = Cint(-12)
const ECALLBACK = Cint(-13)
const EINTERNAL = Cint(-14)
const F32 = Cint(1)
const F64 = Cint(2)
const IDENTITY = Cint(1)
const RELU = Cint(2)
const LEAKY_RELU = Cint(3)
const ELU = Cint(4)
const SOFTPLUS = Cint(5)
const SIGMOID = Cint(6)
const TANH = Cint(7)
const ERF = Cint(8)
const ARCTAN = Cint(9)
const SOFTSIGN = Cint(10)
const ISRU = Cint(11)
const SILU = Cint(12)
const GELU = Cint(13)
const EXP = Cint(14)
const SIN = Cint(15)
const COS = Cint(16)
const ABS_POWER = Cint(17)
const CUSTOM_ACTIVATION = Cint(1000)
const SQUARED_ERROR = Cint(1)
const POWER_ERROR = Cint(2)
const BINARY_CROSS_ENTROPY = Cint(3)
const SOFTMAX_CROSS_ENTROPY = Cint(4)
const POISSON = Cint(5)
const HUBER = Cint(6)
const LOG_COSH = Cint(7)
const CAUCHY = Cint(8)
const GEMAN_MCCLURE = Cint(9)
const WELSCH = Cint(10)
const BARRON = Cint(11)
const HINGE = Cint(12)
const NEGATIVE_LOG = Cint(13)
const CUSTOM_LOSS = Cint(1000)
const SGD = Cint(1)
const MOMENTUM = Cint(2)
const NESTEROV = Cint(3)
const RMSPROP = Cint(4)
const ADAM = Cint(5)
const ADAMW = Cint(6)
const LANGEVIN = Cint(7)
const POWERLAW_EXPONENTIAL = Cint(1)
const POWERLAW_LOGNORMAL = Cint(2)
const POWERLAW_STRETCHED = Cint(3)
const POWERLAW_TRUNCATED = Cint(4)
const EXPONENT_CONSISTENT = Cint(1)
const EXPONENT_SPLIT = Cint(2)
const EXPONENT_CURVED = Cint(3)
const EXPONENT_INSUFFICIENT = Cint(4)
const EXPONENT_POWER = Cint(1)
const EXPONENT_CORRECTED = Cint(2)
const EXPONENT_LOGARITHMIC = Cint(3)
const BATCH_FULL = Cint(1)
const BATCH_EPOCHS = Cint(2)
const BATCH_REPLACEMENT = Cint(3)
const DENSE = Cint(1)
const ACTIVATION = Cint(2)
const BATCH_NORM = Cint(3)
const DROPOUT = Cint(4)
const RESIDUAL_BEGIN = Cint(5)
const RESIDUAL_END = Cint(6)
const SCHEDULE_CONSTANT = Cint(1)
const SCHEDULE_STEP = Cint(2)
const SCHEDULE_EXPONENTIAL = Cint(3)
const SCHEDULE_COSINE = Cint(4)
const SCHEDULE_INVERSE_SQRT = Cint(5)
const SCHEDULE_LINEAR = Cint(6)
const FIXED_POINT_STABLE = Cint(1)
const FIXED_POINT_UNSTABLE = Cint(2)
const FIXED_POINT_MARGINAL = Cint(3)
const DUALITY_APPLY = Cint(1)
const DUALITY_JVP = Cint(2)
const DUALITY_VJP = Cint(3)
const DUALITY_JACOBIAN = Cint(4)
const DUALITY_GRAM = Cint(5)
const DUALITY_SINGULAR_VALUES = Cint(6)
const DUALITY_OPERATOR = Cint(7)
const NTK_FULL = Cint(1)
const NTK_DIAGONAL = Cint(2)
const NTK_TRACE = Cint(3)
const NTK_PSEUDO = Cint(4)
const LINEARIZED_FULL = Cint(1)
const LINEARIZED_SCALAR = Cint(2)
const LINEARIZED_PRODUCTS = Cint(3)
const LINEARIZED_DESCENT = Cint(1)
const LINEARIZED_MOMENTUM = Cint(2)
const LINEARIZED_FLOW = Cint(3)
const LINEARIZED_LARGEST = Cint(0)
const LINEARIZED_SMALLEST = Cint(1)
const LINEARIZED_STEP = Cint(2)
const LINEARIZED_LIMIT = Cint(3)
const LINEARIZED_BEST_RATE = Cint(4)
const LINEARIZED_CONTRACTION = Cint(5)
const LINEARIZED_TIME = Cint(6)
const LINEARIZED_RANK = Cint(7)
const LINEARIZED_FIGURES = Cint(8)
const LINEARIZATION_DEVIATION = Cint(0)
const LINEARIZATION_DEVIATION_TEST = Cint(1)
const LINEARIZATION_RESIDUAL = Cint(2)
const LINEARIZATION_RESIDUAL_LINEAR = Cint(3)
const LINEARIZATION_DISPLACEMENT = Cint(4)
const LINEARIZATION_DISPLACEMENT_RELATIVE = Cint(5)
const LINEARIZATION_DISPLACEMENT_LINEAR = Cint(6)
const LINEARIZATION_DRIFT = Cint(7)
const LINEARIZATION_ALIGNMENT = Cint(8)
const LINEARIZATION_CKA = Cint(9)
const LINEARIZATION_TARGET_ALIGNMENT = Cint(10)
const LINEARIZATION_REMAINDER = Cint(11)
const LINEARIZATION_BOUND = Cint(12)
const LINEARIZATION_BOUND_MEASURED = Cint(13)
const LINEARIZATION_DEVIATION_STAR = Cint(14)
const LINEARIZATION_BOUND_STAR = Cint(15)
const LINEARIZATION_COLUMNS = Cint(16)
const CORRELATION_C00 = Cint(1)
const CORRELATION_C01 = Cint(2)
const CORRELATION_C02 = Cint(4)
const CORRELATION_C03 = Cint(8)
const CORRELATION_C11 = Cint(16)
const CORRELATION_KINKS = Cint(1)
const CORRELATION_UNSTABLE = Cint(2)
const CORRELATION_DIVERGED = Cint(4)
const CORRELATION_INFEASIBLE = Cint(8)
const CORRELATION_UNCONVERGED = Cint(16)
const LAZY_RESIDUAL = Cint(0)
const LAZY_LARGEST = Cint(1)
const LAZY_STEP = Cint(2)
const LAZY_KERNEL = Cint(3)
const LAZY_C02 = Cint(4)
const LAZY_INDEX = Cint(5)
const LAZY_PREDICTED = Cint(6)
const LAZY_BOUND = Cint(7)
const LAZY_MEASURED = Cint(8)
const LAZY_RATIO = Cint(9)
const LAZY_RELATIVE = Cint(10)
const LAZY_ESTIMATE = Cint(11)
const LAZY_VALUES = Cint(12)
const EQUILIBRIUM_DRIFTING = Cint(1)
const EQUILIBRIUM_SHORT = Cint(2)
const EQUILIBRIUM_CHANGING = Cint(3)
const EQUILIBRIUM_REACHED = Cint(4)
const CRITICAL_SCARCE = Cint(1)
const CRITICAL_NARROW = Cint(2)
const CRITICAL_CURVED = Cint(4)
const CRITICAL_FLAT = Cint(8)
const CRITICAL_TRANSIENT = Cint(16)
const CRITICAL_UNPREDICTED = Cint(32)
const SEPARATION_D = Cint(0)
const SEPARATION_D_HS = Cint(1)
const SEPARATION_D_INVERSE = Cint(2)
const SEPARATION_WITHIN = Cint(3)
const SEPARATION_BETWEEN = Cint(4)
const SEPARATION_RANK_BETWEEN = Cint(5)
const SEPARATION_RANK_WITHIN = Cint(6)
const SEPARATION_CONDITION = Cint(7)
const SEPARATION_CLASSES = Cint(8)
const SEPARATION_SAMPLES = Cint(9)
const SEPARATION_VALUES = Cint(10)
const SEPARATION_EMPTY_CLASS = Cint(1)
const SEPARATION_SINGLE_CLASS = Cint(2)
const SEPARATION_ZERO_BETWEEN = Cint(4)
const SEPARATION_ZERO_WITHIN = Cint(8)
const SEPARATION_RANK_DEFICIENT = Cint(16)
const SEPARATION_SCATTER_OUTSIDE = Cint(32)
const SEPARATION_WITHIN_DEFICIENT = Cint(64)
const LOAD_CURVE_V = Cint(0)
const LOAD_CURVE_C = Cint(1)
const LOAD_CURVE_KAPPA = Cint(2)
const LOAD_CURVE_SIGMA = Cint(3)
const LOAD_CURVE_BOW = Cint(4)
const LOAD_CURVE_R_SQUARED = Cint(5)
const LOAD_CURVE_SLOPE = Cint(6)
const LOAD_CURVE_QUADRATIC = Cint(7)
const LOAD_CURVE_MONOTONE = Cint(8)
const LOAD_CURVE_LARGEST = Cint(9)
const LOAD_CURVE_DROP = Cint(10)
const LOAD_CURVE_VALUES = Cint(11)
const LOAD_CURVE_UNDEFINED = Cint(0)
const LOAD_CURVE_LATE_LOADED = Cint(1)
const LOAD_CURVE_BALANCED = Cint(2)
const LOAD_CURVE_EARLY_LOADED = Cint(3)
const ORDER_CONCORDANT = Cint(0)
const ORDER_DISCORDANT = Cint(1)
const ORDER_TIED_G = Cint(2)
const ORDER_TIED_H = Cint(3)
const ORDER_TIED_BOTH = Cint(4)
const ORDER_COUNTS = Cint(5)
const ORDER_STRICT = Cint(1)
const ORDER_WEAK = Cint(2)
const ORDER_REVERSED = Cint(3)
const ORDER_WEAKLY_REVERSED = Cint(4)
const ORDER_NON_PRESERVING = Cint(5)
const ORDER_CONSTANT = Cint(6)
const ORDER_ROLE_DEAD = Cint(1)
const ORDER_ROLE_LINEAR = Cint(2)
const ORDER_ROLE_RECTIFYING = Cint(3)
const ORDER_ROLE_CURVED = Cint(4)
const ORDER_ROLE_SATURATED = Cint(5)
const ORDER_ROLE_FOLDING = Cint(6)
const RANK_GRADIENT = Cint(0)
const RANK_NORMALIZED = Cint(1)
const RANK_AUC = Cint(2)
const RANK_CURVATURE = Cint(3)
const RANK_SD = Cint(4)
const RANK_SD_PERMUTED = Cint(5)
const RANK_QUANTITIES = Cint(6)
const RANKS_GRADIENT = Cint(0)
const RANKS_CURVATURE = Cint(1)
const RANKS_LEAST = Cint(2)
const RANKS_LARGEST = Cint(3)
const RANKS_FRACTION = Cint(4)
const RANKS_THRESHOLD = Cint(5)
const RANKS_CHANCE = Cint(6)
const RANKS_SD_PERMUTED = Cint(7)
const RANKS_P_VALUE = Cint(8)
const RANKS_UNITS = Cint(9)
const RANKS_ZERO_SIGNS = Cint(10)
const RANKS_CONSTANT = Cint(11)
const RANKS_SKIPPED = Cint(12)
const RANKS_VALUES = Cint(13)
const PHASE_RANDOM = Cint(1)
const PHASE_EARLY = Cint(2)
const PHASE_LATE = Cint(3)
const PHASE_MERGED = Cint(4)
const PHASE_MIXED = Cint(5)
const PHASE_ALIGNING = Cint(6)
const PHASE_FOLDING = Cint(7)
const GROKKING_UNLEARNED = Cint(1)
const GROKKING_PROMPT = Cint(2)
const GROKKING_DELAYED = Cint(3)
const GROKKING_LAG = Cint(4)
const GROKKING_MEMORIZED = Cint(0)
const GROKKING_GENERALIZED = Cint(1)
const GROKKING_DELAY = Cint(2)
const GROKKING_BEFORE = Cint(3)
const GROKKING_BEST = Cint(4)
const GROKKING_VALUES = Cint(5)
const SPRINGBLOCK_FIT_AT_BOUND = Cint(1)
const SPRINGBLOCK_FIT_DEGENERATE = Cint(2)
const SPRINGBLOCK_FIT_FIXED = Cint(4)
const SPRINGBLOCK_FIT_EXACT = Cint(8)
const SPRINGBLOCK_FIT_AMBIGUOUS = Cint(16)
const BASIN_ZERO = Cint(1)
const BASIN_INFINITE = Cint(2)
const BASIN_NONMONOTONE = Cint(4)
const BASIN_CENSORED = Cint(8)
const BASIN_EMPTY = Cint(16)
const RAY_EXIT = Cint(0)
const RAY_MEDIAN = Cint(1)
const RAY_MEDIAN_EXIT = Cint(2)
const RAY_LEAST = Cint(3)
const RAY_WRONG = Cint(4)
const RAYS = Cint(5)
const CURVATURE_LOSS = Cint(0)
const CURVATURE_TRACE = Cint(1)
const CURVATURE_TRACE_ERROR = Cint(2)
const CURVATURE_SHARPEST = Cint(3)
const CURVATURE_RADIUS = Cint(4)
const CURVATURE_LARGEST = Cint(5)
const CURVATURE_RATE = Cint(6)
const CURVATURES = Cint(7)
const RETURN_MINIMUM = Cint(0)
const RETURN_MATCHED = Cint(1)
const RETURN_FUNCTION = Cint(2)
const RETURN_ACCURACY = Cint(3)
const RETURN_LOSS = Cint(4)
const RETURNS = Cint(5)
const BASIN_MAP_UNDECIDED = Cint(-1)
const BASIN_MAP_DIVERGED = Cint(-2)
const BASIN_MAP_OTHER = Cint(-3)
const STARTS_BOX = Cint(1)
const STARTS_NORMAL = Cint(2)
const BRANCH_BIRTH = Cint(1)
const BRANCH_DEATH = Cint(2)
const BRANCH_RETURN = Cint(3)
const BRANCH_PERIOD = Cint(4)

nndyn_status_name(status) =
    ccall(symbol(:nndyn_status_name), Cstring, (Cint,), status)

nndyn_status_text(status) =
    ccall(symbol(:nndyn_status_text), Cstring, (Cint,), status)

nndyn_message(handle) =
    ccall(symbol(:nndyn_message), Cstring, (Ptr{Cvoid},), handle)

nndyn_version() =
    ccall(symbol(:nndyn_version), Cint, ())

nndyn_context_create(out) =
    ccall(symbol(:nndyn_context_create), Cint, (Ptr{Ptr{Cvoid}},), out)

nndyn_context_create_with_allocator(allocate, release, user, out) =
    ccall(symbol(:nndyn_context_create_with_allocator), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        allocate, release, user, out)

nndyn_context_free(context) =
    ccall(symbol(:nndyn_context_free), Cvoid, (Ptr{Cvoid},), context)

nndyn_context_set_seed(context, seed) =
    ccall(symbol(:nndyn_context_set_seed), Cint, (Ptr{Cvoid}, Int64), context, seed)

nndyn_context_set_threads(context, threads) =
    ccall(symbol(:nndyn_context_set_threads), Cint, (Ptr{Cvoid}, Int64), context, threads)

nndyn_context_set_executor(context, run, user) =
    ccall(symbol(:nndyn_context_set_executor), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}), context, run, user)

nndyn_context_set_progress(context, progress, user) =
    ccall(symbol(:nndyn_context_set_progress), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}), context, progress, user)

nndyn_context_cancel(context) =
    ccall(symbol(:nndyn_context_cancel), Cint, (Ptr{Cvoid},), context)

nndyn_context_set_memory_limit(context, bytes) =
    ccall(symbol(:nndyn_context_set_memory_limit), Cint, (Ptr{Cvoid}, Int64), context, bytes)

nndyn_options_create(context, out) =
    ccall(symbol(:nndyn_options_create), Cint, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, out)

nndyn_options_free(options) =
    ccall(symbol(:nndyn_options_free), Cvoid, (Ptr{Cvoid},), options)

nndyn_options_set_double(options, name, value) =
    ccall(symbol(:nndyn_options_set_double), Cint, (Ptr{Cvoid}, Cstring, Cdouble), options, name, value)

nndyn_options_set_integer(options, name, value) =
    ccall(symbol(:nndyn_options_set_integer), Cint, (Ptr{Cvoid}, Cstring, Int64), options, name, value)

nndyn_options_set_text(options, name, value) =
    ccall(symbol(:nndyn_options_set_text), Cint, (Ptr{Cvoid}, Cstring, Cstring), options, name, value)

nndyn_build_info(capacity, text, length) =
    ccall(symbol(:nndyn_build_info), Cint, (Int64, Ptr{UInt8}, Ptr{Int64}), capacity, text, length)

nndyn_context_set_kernels(context, name) =
    ccall(symbol(:nndyn_context_set_kernels), Cint, (Ptr{Cvoid}, Cstring), context, name)

nndyn_operator_create(context, rows, columns, apply, apply_transposed, user, out) =
    ccall(symbol(:nndyn_operator_create), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, rows, columns, apply,
        apply_transposed, user, out)

nndyn_operator_free(op) =
    ccall(symbol(:nndyn_operator_free), Cvoid, (Ptr{Cvoid},), op)

nndyn_operator_shape(op, rows, columns, symmetric) =
    ccall(symbol(:nndyn_operator_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Cint}), op, rows, columns,
        symmetric)

nndyn_operator_apply(op, x, y) =
    ccall(symbol(:nndyn_operator_apply), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), op, x, y)

nndyn_operator_apply_transposed(op, y, x) =
    ccall(symbol(:nndyn_operator_apply_transposed), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), op, y, x)

nndyn_singular_values(op, count, options, s, u, v, residuals) =
    ccall(symbol(:nndyn_singular_values), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), op, count, options, s,
        u, v, residuals)

nndyn_eigenpairs(op, count, options, values, vectors, residuals, converged) =
    ccall(symbol(:nndyn_eigenpairs), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), op, count, options,
        values, vectors, residuals, converged)

nndyn_eigenvalues(op, count, options, re, im, residuals, converged) =
    ccall(symbol(:nndyn_eigenvalues), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), op, count, options, re,
        im, residuals, converged)

nndyn_spectral_density(op, points, options, grid, density, error) =
    ccall(symbol(:nndyn_spectral_density), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), op, points, options, grid, density,
        error)

nndyn_spectral_quadrature(op, capacity, options, nodes, weights, count) =
    ccall(symbol(:nndyn_spectral_quadrature), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), op, capacity, options, nodes, weights,
        count)

nndyn_trace(op, options, trace, error) =
    ccall(symbol(:nndyn_trace), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), op, options, trace, error)

nndyn_powerlaw_bounded(context, n, x, xmin, xmax, options, k, se) =
    ccall(symbol(:nndyn_powerlaw_bounded), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, x,
        xmin, xmax, options, k, se)

nndyn_powerlaw_tail(context, n, x, xmin, options, k, se) =
    ccall(symbol(:nndyn_powerlaw_tail), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, x, xmin,
        options, k, se)

nndyn_powerlaw_distance(context, n, x, xmin, xmax, k, options, distance) =
    ccall(symbol(:nndyn_powerlaw_distance), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}), context, n, x, xmin,
        xmax, k, options, distance)

nndyn_powerlaw_curvature(context, n, x, xmin, xmax, options, z) =
    ccall(symbol(:nndyn_powerlaw_curvature), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}), context, n, x, xmin, xmax,
        options, z)

nndyn_powerlaw_effective_size(context, n, x, xmin, xmax, options, effective, time) =
    ccall(symbol(:nndyn_powerlaw_effective_size), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, x,
        xmin, xmax, options, effective, time)

nndyn_powerlaw_interval(context, n, x, xmin, xmax, replicas, seed, options, k, low, high) =
    ccall(symbol(:nndyn_powerlaw_interval), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cdouble, Int64, Int64,
        Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, x, xmin, xmax, replicas, seed, options, k,
        low, high)

nndyn_powerlaw_stream_create(context, xmin, xmax, bins, out) =
    ccall(symbol(:nndyn_powerlaw_stream_create), Cint, (Ptr{Cvoid}, Cdouble, Cdouble, Int64, Ptr{Ptr{Cvoid}}), context,
        xmin, xmax, bins, out)

nndyn_powerlaw_stream_free(stream) =
    ccall(symbol(:nndyn_powerlaw_stream_free), Cvoid, (Ptr{Cvoid},), stream)

nndyn_powerlaw_stream_add(stream, n, x) =
    ccall(symbol(:nndyn_powerlaw_stream_add), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), stream, n, x)

nndyn_powerlaw_stream_add_f32(stream, n, x) =
    ccall(symbol(:nndyn_powerlaw_stream_add_f32), Cint, (Ptr{Cvoid}, Int64, Ptr{Cfloat}), stream, n, x)

nndyn_powerlaw_stream_merge(stream, other) =
    ccall(symbol(:nndyn_powerlaw_stream_merge), Cint, (Ptr{Cvoid}, Ptr{Cvoid}), stream, other)

nndyn_powerlaw_stream_clear(stream) =
    ccall(symbol(:nndyn_powerlaw_stream_clear), Cint, (Ptr{Cvoid},), stream)

nndyn_powerlaw_stream_counts(stream, inside, zeros, below, above, nonfinite) =
    ccall(symbol(:nndyn_powerlaw_stream_counts), Cint,
        (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), stream, inside, zeros, below, above,
        nonfinite)

nndyn_powerlaw_stream_exponent(stream, k, se) =
    ccall(symbol(:nndyn_powerlaw_stream_exponent), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), stream, k, se)

nndyn_powerlaw_stream_binned(stream, k, se) =
    ccall(symbol(:nndyn_powerlaw_stream_binned), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), stream, k, se)

nndyn_powerlaw_stream_curvature(stream, z) =
    ccall(symbol(:nndyn_powerlaw_stream_curvature), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), stream, z)

nndyn_powerlaw_stream_slope(stream, k, level, se) =
    ccall(symbol(:nndyn_powerlaw_stream_slope), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), stream, k,
        level, se)

nndyn_powerlaw_stream_histogram(stream, edges, counts, densities) =
    ccall(symbol(:nndyn_powerlaw_stream_histogram), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}), stream,
        edges, counts, densities)

nndyn_powerlaw_fit_create(context, n, x, options, out) =
    ccall(symbol(:nndyn_powerlaw_fit_create), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        context, n, x, options, out)

nndyn_powerlaw_fit_free(fit) =
    ccall(symbol(:nndyn_powerlaw_fit_free), Cvoid, (Ptr{Cvoid},), fit)

nndyn_powerlaw_fit_exponent(fit, k, se) =
    ccall(symbol(:nndyn_powerlaw_fit_exponent), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), fit, k, se)

nndyn_powerlaw_fit_window(fit, xmin, xmax, inside) =
    ccall(symbol(:nndyn_powerlaw_fit_window), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), fit, xmin,
        xmax, inside)

nndyn_powerlaw_fit_counts(fit, positive, zeros, nonfinite, distinct) =
    ccall(symbol(:nndyn_powerlaw_fit_counts), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), fit,
        positive, zeros, nonfinite, distinct)

nndyn_powerlaw_fit_distance(fit, distance) =
    ccall(symbol(:nndyn_powerlaw_fit_distance), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), fit, distance)

nndyn_powerlaw_fit_curvature(fit, z) =
    ccall(symbol(:nndyn_powerlaw_fit_curvature), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), fit, z)

nndyn_powerlaw_fit_curve(fit, capacity, ends, exponents, distances, inside, length) =
    ccall(symbol(:nndyn_powerlaw_fit_curve), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}), fit, capacity, ends,
        exponents, distances, inside, length)

nndyn_powerlaw_compare(fit, alternative, parameters, ratio, normalized, p) =
    ccall(symbol(:nndyn_powerlaw_compare), Cint,
        (Ptr{Cvoid}, Cint, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), fit, alternative, parameters, ratio,
        normalized, p)

nndyn_powerlaw_goodness(fit, replicas, seed, p, distances) =
    ccall(symbol(:nndyn_powerlaw_goodness), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}), fit, replicas,
        seed, p, distances)

nndyn_ks_two_sample(context, n, x, m, y, distance, p) =
    ccall(symbol(:nndyn_ks_two_sample), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, x, m, y,
        distance, p)

nndyn_injective_norm(context, order, dims, tensor, options, lower, upper, agreeing, vectors) =
    ccall(symbol(:nndyn_injective_norm), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble},
        Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}), context, order, dims, tensor, options, lower, upper, agreeing, vectors)

nndyn_injective_norm_gram(context, order, dims, gram, options, lower, upper, agreeing, vectors) =
    ccall(symbol(:nndyn_injective_norm_gram), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cvoid},
        Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}), context, order, dims, gram, options, lower, upper,
        agreeing, vectors)

nndyn_width_exponent_create(context, count, widths, samples, values, quantiles, levels, options, out) =
    ccall(symbol(:nndyn_width_exponent_create), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        context, count, widths, samples, values, quantiles, levels, options, out)

nndyn_width_exponent_free(exponent) =
    ccall(symbol(:nndyn_width_exponent_free), Cvoid, (Ptr{Cvoid},), exponent)

nndyn_width_exponent_verdict(exponent, verdict) =
    ccall(symbol(:nndyn_width_exponent_verdict), Cint, (Ptr{Cvoid}, Ptr{Cint}), exponent, verdict)

nndyn_width_exponent_quote(exponent, p, se, low, high, statistic, model) =
    ccall(symbol(:nndyn_width_exponent_quote), Cint,
        (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cint}), exponent, p, se,
        low, high, statistic, model)

nndyn_width_exponent_counts(exponent, widths, statistics) =
    ccall(symbol(:nndyn_width_exponent_counts), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), exponent, widths,
        statistics)

nndyn_width_exponent_statistic(exponent, statistic, level, reliable) =
    ccall(symbol(:nndyn_width_exponent_statistic), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}), exponent,
        statistic, level, reliable)

nndyn_width_exponent_value(exponent, statistic, model, p, se, low, high) =
    ccall(symbol(:nndyn_width_exponent_value), Cint,
        (Ptr{Cvoid}, Int64, Cint, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), exponent, statistic, model,
        p, se, low, high)

nndyn_width_exponent_fit(exponent, statistic, model, a, c, chi_squared, freedom) =
    ccall(symbol(:nndyn_width_exponent_fit), Cint,
        (Ptr{Cvoid}, Int64, Cint, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), exponent, statistic, model, a,
        c, chi_squared, freedom)

nndyn_width_exponent_points(exponent, statistic, widths, values, errors) =
    ccall(symbol(:nndyn_width_exponent_points), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        exponent, statistic, widths, values, errors)

nndyn_width_exponent_slopes(exponent, statistic, at, slopes, errors) =
    ccall(symbol(:nndyn_width_exponent_slopes), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        exponent, statistic, at, slopes, errors)

nndyn_width_exponent_trend(exponent, statistic, trend, se) =
    ccall(symbol(:nndyn_width_exponent_trend), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), exponent,
        statistic, trend, se)

nndyn_width_exponent_spread(exponent, first, second, difference, se) =
    ccall(symbol(:nndyn_width_exponent_spread), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}),
        exponent, first, second, difference, se)

nndyn_dataset_create(context, samples, inputs, x, targets, t, copy, out) =
    ccall(symbol(:nndyn_dataset_create), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Cint, Ptr{Ptr{Cvoid}}), context, samples, inputs,
        x, targets, t, copy, out)

nndyn_dataset_create_f32(context, samples, inputs, x, targets, t, copy, out) =
    ccall(symbol(:nndyn_dataset_create_f32), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cfloat}, Int64, Ptr{Cfloat}, Cint, Ptr{Ptr{Cvoid}}), context, samples, inputs, x,
        targets, t, copy, out)

nndyn_dataset_create_labels(context, samples, inputs, x, classes, labels, copy, out) =
    ccall(symbol(:nndyn_dataset_create_labels), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Int64}, Cint, Ptr{Ptr{Cvoid}}), context, samples, inputs, x,
        classes, labels, copy, out)

nndyn_dataset_create_labels_f32(context, samples, inputs, x, classes, labels, copy, out) =
    ccall(symbol(:nndyn_dataset_create_labels_f32), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cfloat}, Int64, Ptr{Int64}, Cint, Ptr{Ptr{Cvoid}}), context, samples, inputs, x,
        classes, labels, copy, out)

nndyn_dataset_read_idx(context, images, labels, options, out) =
    ccall(symbol(:nndyn_dataset_read_idx), Cint, (Ptr{Cvoid}, Cstring, Cstring, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context,
        images, labels, options, out)

nndyn_dataset_read_csv(context, path, options, out) =
    ccall(symbol(:nndyn_dataset_read_csv), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, path,
        options, out)

nndyn_dataset_free(dataset) =
    ccall(symbol(:nndyn_dataset_free), Cvoid, (Ptr{Cvoid},), dataset)

nndyn_dataset_shape(dataset, samples, inputs, targets, classes, dtype) =
    ccall(symbol(:nndyn_dataset_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Cint}),
        dataset, samples, inputs, targets, classes, dtype)

nndyn_dataset_get(dataset, first, count, x, t, labels) =
    ccall(symbol(:nndyn_dataset_get), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), dataset,
        first, count, x, t, labels)

nndyn_dataset_select(dataset, count, rows, out) =
    ccall(symbol(:nndyn_dataset_select), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Ptr{Cvoid}}), dataset, count, rows,
        out)

nndyn_dataset_convert(dataset, dtype, out) =
    ccall(symbol(:nndyn_dataset_convert), Cint, (Ptr{Cvoid}, Cint, Ptr{Ptr{Cvoid}}), dataset, dtype, out)

nndyn_dataset_standardize(dataset, reference, out) =
    ccall(symbol(:nndyn_dataset_standardize), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), dataset, reference, out)

nndyn_dataset_resize(dataset, channels, height, width, new_height, new_width, options, out) =
    ccall(symbol(:nndyn_dataset_resize), Cint,
        (Ptr{Cvoid}, Int64, Int64, Int64, Int64, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), dataset, channels, height, width,
        new_height, new_width, options, out)

nndyn_dataset_split(dataset, fraction, options, first, second) =
    ccall(symbol(:nndyn_dataset_split), Cint, (Ptr{Cvoid}, Cdouble, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}, Ptr{Ptr{Cvoid}}),
        dataset, fraction, options, first, second)

nndyn_batches_create(dataset, kind, size, options, out) =
    ccall(symbol(:nndyn_batches_create), Cint, (Ptr{Cvoid}, Cint, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), dataset, kind,
        size, options, out)

nndyn_batches_free(batches) =
    ccall(symbol(:nndyn_batches_free), Cvoid, (Ptr{Cvoid},), batches)

nndyn_batches_shape(batches, steps, largest) =
    ccall(symbol(:nndyn_batches_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), batches, steps, largest)

nndyn_batches_get(batches, step, n, x, t) =
    ccall(symbol(:nndyn_batches_get), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Ptr{Cdouble}}, Ptr{Ptr{Cdouble}}),
        batches, step, n, x, t)

nndyn_batches_get_f32(batches, step, n, x, t) =
    ccall(symbol(:nndyn_batches_get_f32), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Ptr{Cfloat}}, Ptr{Ptr{Cfloat}}),
        batches, step, n, x, t)

nndyn_network_create(context, dtype, inputs, out) =
    ccall(symbol(:nndyn_network_create), Cint, (Ptr{Cvoid}, Cint, Int64, Ptr{Ptr{Cvoid}}), context, dtype, inputs, out)

nndyn_network_free(network) =
    ccall(symbol(:nndyn_network_free), Cvoid, (Ptr{Cvoid},), network)

nndyn_network_add_dense(network, units, activation) =
    ccall(symbol(:nndyn_network_add_dense), Cint, (Ptr{Cvoid}, Int64, Cint), network, units, activation)

nndyn_network_add_dense_with(network, units, activation, options) =
    ccall(symbol(:nndyn_network_add_dense_with), Cint, (Ptr{Cvoid}, Int64, Cint, Ptr{Cvoid}), network, units,
        activation, options)

nndyn_network_add_activation(network, activation, options) =
    ccall(symbol(:nndyn_network_add_activation), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}), network, activation, options)

nndyn_network_add_custom_activation(network, order, evaluate, user) =
    ccall(symbol(:nndyn_network_add_custom_activation), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}, Ptr{Cvoid}), network,
        order, evaluate, user)

nndyn_network_add_batch_norm(network, options) =
    ccall(symbol(:nndyn_network_add_batch_norm), Cint, (Ptr{Cvoid}, Ptr{Cvoid}), network, options)

nndyn_network_add_dropout(network, rate) =
    ccall(symbol(:nndyn_network_add_dropout), Cint, (Ptr{Cvoid}, Cdouble), network, rate)

nndyn_network_begin_residual(network) =
    ccall(symbol(:nndyn_network_begin_residual), Cint, (Ptr{Cvoid},), network)

nndyn_network_end_residual(network) =
    ccall(symbol(:nndyn_network_end_residual), Cint, (Ptr{Cvoid},), network)

nndyn_network_set_loss(network, loss) =
    ccall(symbol(:nndyn_network_set_loss), Cint, (Ptr{Cvoid}, Cint), network, loss)

nndyn_network_set_loss_with(network, loss, options) =
    ccall(symbol(:nndyn_network_set_loss_with), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}), network, loss, options)

nndyn_network_set_custom_loss(network, order, evaluate, user) =
    ccall(symbol(:nndyn_network_set_custom_loss), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}, Ptr{Cvoid}), network, order,
        evaluate, user)

nndyn_network_initialize(network, seed) =
    ccall(symbol(:nndyn_network_initialize), Cint, (Ptr{Cvoid}, Int64), network, seed)

nndyn_network_shape(network, inputs, outputs, layers, parameters, dtype) =
    ccall(symbol(:nndyn_network_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Cint}),
        network, inputs, outputs, layers, parameters, dtype)

nndyn_network_layer(network, layer, kind, activation, inputs, outputs, first, count) =
    ccall(symbol(:nndyn_network_layer), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cint}, Ptr{Cint}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), network, layer, kind,
        activation, inputs, outputs, first, count)

nndyn_network_get_parameters(network, count, parameters) =
    ccall(symbol(:nndyn_network_get_parameters), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), network, count, parameters)

nndyn_network_set_parameters(network, count, parameters) =
    ccall(symbol(:nndyn_network_set_parameters), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), network, count, parameters)

nndyn_network_get_statistics(network, count, statistics) =
    ccall(symbol(:nndyn_network_get_statistics), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), network, count, statistics)

nndyn_network_set_statistics(network, count, statistics) =
    ccall(symbol(:nndyn_network_set_statistics), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), network, count, statistics)

nndyn_network_forward(network, n, x, y) =
    ccall(symbol(:nndyn_network_forward), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, y)

nndyn_network_forward_f32(network, n, x, y) =
    ccall(symbol(:nndyn_network_forward_f32), Cint, (Ptr{Cvoid}, Int64, Ptr{Cfloat}, Ptr{Cfloat}), network, n, x, y)

nndyn_network_evaluate(network, dataset, loss, accuracy) =
    ccall(symbol(:nndyn_network_evaluate), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset,
        loss, accuracy)

nndyn_network_copy(network, dtype, out) =
    ccall(symbol(:nndyn_network_copy), Cint, (Ptr{Cvoid}, Cint, Ptr{Ptr{Cvoid}}), network, dtype, out)

nndyn_network_save(network, path) =
    ccall(symbol(:nndyn_network_save), Cint, (Ptr{Cvoid}, Cstring), network, path)

nndyn_network_load(context, path, out) =
    ccall(symbol(:nndyn_network_load), Cint, (Ptr{Cvoid}, Cstring, Ptr{Ptr{Cvoid}}), context, path, out)

nndyn_activation_evaluate(context, activation, options, order, count, z, values) =
    ccall(symbol(:nndyn_activation_evaluate), Cint,
        (Ptr{Cvoid}, Cint, Ptr{Cvoid}, Cint, Int64, Ptr{Cdouble}, Ptr{Cdouble}), context, activation, options, order,
        count, z, values)

nndyn_activation_name(kind) =
    ccall(symbol(:nndyn_activation_name), Cstring, (Cint,), kind)

nndyn_loss_name(kind) =
    ccall(symbol(:nndyn_loss_name), Cstring, (Cint,), kind)

nndyn_gradient(network, n, x, t, options, loss, gradient) =
    ccall(symbol(:nndyn_gradient), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, t,
        options, loss, gradient)

nndyn_layer_sensitivity(network, n, x, t, layer, options, output, sensitivity) =
    ccall(symbol(:nndyn_layer_sensitivity), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x,
        t, layer, options, output, sensitivity)

nndyn_gradient_norms(network, n, x, t, options, norms) =
    ccall(symbol(:nndyn_gradient_norms), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, options, norms)

nndyn_input_jacobian(network, n, x, options, jacobian) =
    ccall(symbol(:nndyn_input_jacobian), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n,
        x, options, jacobian)

nndyn_jvp(network, n, x, xdot, u, options, ydot) =
    ccall(symbol(:nndyn_jvp), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, xdot, u,
        options, ydot)

nndyn_vjp(network, n, x, ybar, options, xbar, ubar) =
    ccall(symbol(:nndyn_vjp), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, ybar,
        options, xbar, ubar)

nndyn_hessian_vector(network, n, x, t, u, options, hu) =
    ccall(symbol(:nndyn_hessian_vector), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, u,
        options, hu)

nndyn_gauss_newton_vector(network, n, x, t, u, options, gu) =
    ccall(symbol(:nndyn_gauss_newton_vector), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, u,
        options, gu)

nndyn_jet(network, n, x, u, order, options, coefficients) =
    ccall(symbol(:nndyn_jet), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Cdouble}),
        network, n, x, u, order, options, coefficients)

nndyn_jet_gradient(network, n, x, u, ybar, order, options, coefficients) =
    ccall(symbol(:nndyn_jet_gradient), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, u,
        ybar, order, options, coefficients)

nndyn_jet_along(network, n, x, w, order, options, coefficients, kernels) =
    ccall(symbol(:nndyn_jet_along), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, w,
        order, options, coefficients, kernels)

nndyn_hessian_operator(network, n, x, t, options, out) =
    ccall(symbol(:nndyn_hessian_operator), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n, x, t, options, out)

nndyn_gauss_newton_operator(network, n, x, t, options, out) =
    ccall(symbol(:nndyn_gauss_newton_operator), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n, x, t, options, out)

nndyn_parameter_jacobian_operator(network, n, x, options, out) =
    ccall(symbol(:nndyn_parameter_jacobian_operator), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n, x, options, out)

nndyn_trainer_create(network, optimizer, out) =
    ccall(symbol(:nndyn_trainer_create), Cint, (Ptr{Cvoid}, Cint, Ptr{Ptr{Cvoid}}), network, optimizer, out)

nndyn_trainer_create_with(network, optimizer, options, out) =
    ccall(symbol(:nndyn_trainer_create_with), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, optimizer,
        options, out)

nndyn_trainer_free(trainer) =
    ccall(symbol(:nndyn_trainer_free), Cvoid, (Ptr{Cvoid},), trainer)

nndyn_trainer_set(trainer, name, value) =
    ccall(symbol(:nndyn_trainer_set), Cint, (Ptr{Cvoid}, Cstring, Cdouble), trainer, name, value)

nndyn_trainer_get(trainer, name, value) =
    ccall(symbol(:nndyn_trainer_get), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cdouble}), trainer, name, value)

nndyn_trainer_set_schedule(trainer, schedule, options) =
    ccall(symbol(:nndyn_trainer_set_schedule), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}), trainer, schedule, options)

nndyn_train_step(trainer, n, x, t, loss) =
    ccall(symbol(:nndyn_train_step), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), trainer, n, x,
        t, loss)

nndyn_train_step_f32(trainer, n, x, t, loss) =
    ccall(symbol(:nndyn_train_step_f32), Cint, (Ptr{Cvoid}, Int64, Ptr{Cfloat}, Ptr{Cfloat}, Ptr{Cdouble}), trainer, n,
        x, t, loss)

nndyn_train_run(trainer, batches, steps, loss) =
    ccall(symbol(:nndyn_train_run), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}), trainer, batches, steps, loss)

nndyn_trainer_progress(trainer, steps, rate) =
    ccall(symbol(:nndyn_trainer_progress), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}), trainer, steps, rate)

nndyn_trainer_get_gradient(trainer, count, gradient) =
    ccall(symbol(:nndyn_trainer_get_gradient), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), trainer, count, gradient)

nndyn_trainer_state_size(trainer, count) =
    ccall(symbol(:nndyn_trainer_state_size), Cint, (Ptr{Cvoid}, Ptr{Int64}), trainer, count)

nndyn_trainer_get_state(trainer, count, state, steps) =
    ccall(symbol(:nndyn_trainer_get_state), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}), trainer, count, state,
        steps)

nndyn_trainer_set_state(trainer, count, state, steps) =
    ccall(symbol(:nndyn_trainer_set_state), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64), trainer, count, state,
        steps)

nndyn_trainer_save(trainer, path) =
    ccall(symbol(:nndyn_trainer_save), Cint, (Ptr{Cvoid}, Cstring), trainer, path)

nndyn_trainer_load(context, path, network, trainer) =
    ccall(symbol(:nndyn_trainer_load), Cint, (Ptr{Cvoid}, Cstring, Ptr{Ptr{Cvoid}}, Ptr{Ptr{Cvoid}}), context, path,
        network, trainer)

nndyn_trainer_forecast(network, optimizer, n, bytes, flops) =
    ccall(symbol(:nndyn_trainer_forecast), Cint, (Ptr{Cvoid}, Cint, Int64, Ptr{Int64}, Ptr{Cdouble}), network,
        optimizer, n, bytes, flops)

nndyn_recorder_create(trainer, out) =
    ccall(symbol(:nndyn_recorder_create), Cint, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), trainer, out)

nndyn_recorder_free(recorder) =
    ccall(symbol(:nndyn_recorder_free), Cvoid, (Ptr{Cvoid},), recorder)

nndyn_recorder_add_training(recorder, options, probe) =
    ccall(symbol(:nndyn_recorder_add_training), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder, options, probe)

nndyn_recorder_add_parameters(recorder, count, indices, options, probe) =
    ccall(symbol(:nndyn_recorder_add_parameters), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cvoid}, Ptr{Int64}),
        recorder, count, indices, options, probe)

nndyn_recorder_add_updates(recorder, count, indices, options, probe) =
    ccall(symbol(:nndyn_recorder_add_updates), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cvoid}, Ptr{Int64}), recorder,
        count, indices, options, probe)

nndyn_recorder_add_gradients(recorder, count, indices, options, probe) =
    ccall(symbol(:nndyn_recorder_add_gradients), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cvoid}, Ptr{Int64}),
        recorder, count, indices, options, probe)

nndyn_recorder_add_evaluation(recorder, dataset, options, probe) =
    ccall(symbol(:nndyn_recorder_add_evaluation), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder,
        dataset, options, probe)

nndyn_recorder_add_callback(recorder, columns, evaluate, user, options, probe) =
    ccall(symbol(:nndyn_recorder_add_callback), Cint,
        (Ptr{Cvoid}, Cstring, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder, columns, evaluate, user,
        options, probe)

nndyn_recorder_set_steps(recorder, probe, count, steps) =
    ccall(symbol(:nndyn_recorder_set_steps), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Int64}), recorder, probe, count,
        steps)

nndyn_recorder_probes(recorder, probes) =
    ccall(symbol(:nndyn_recorder_probes), Cint, (Ptr{Cvoid}, Ptr{Int64}), recorder, probes)

nndyn_recorder_shape(recorder, probe, columns, rows, written) =
    ccall(symbol(:nndyn_recorder_shape), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), recorder, probe,
        columns, rows, written)

nndyn_recorder_name(recorder, probe, column, capacity, text, length) =
    ccall(symbol(:nndyn_recorder_name), Cint, (Ptr{Cvoid}, Int64, Int64, Int64, Ptr{UInt8}, Ptr{Int64}), recorder,
        probe, column, capacity, text, length)

nndyn_recorder_rows(recorder, probe, first, count, rows) =
    ccall(symbol(:nndyn_recorder_rows), Cint, (Ptr{Cvoid}, Int64, Int64, Int64, Ptr{Cdouble}), recorder, probe, first,
        count, rows)

nndyn_recorder_write_csv(recorder, probe, path) =
    ccall(symbol(:nndyn_recorder_write_csv), Cint, (Ptr{Cvoid}, Int64, Cstring), recorder, probe, path)

nndyn_recorder_flush(recorder) =
    ccall(symbol(:nndyn_recorder_flush), Cint, (Ptr{Cvoid},), recorder)

nndyn_map_create(context, dimension, parameters, defaults, advance, user, options, out) =
    ccall(symbol(:nndyn_map_create), Cint,
        (Ptr{Cvoid}, Int64, Cstring, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context,
        dimension, parameters, defaults, advance, user, options, out)

nndyn_map_create_flow(context, dimension, parameters, defaults, rhs, user, options, out) =
    ccall(symbol(:nndyn_map_create_flow), Cint,
        (Ptr{Cvoid}, Int64, Cstring, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context,
        dimension, parameters, defaults, rhs, user, options, out)

nndyn_map_create_training(network, dataset, options, out) =
    ccall(symbol(:nndyn_map_create_training), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network,
        dataset, options, out)

nndyn_map_create_network(network, options, out) =
    ccall(symbol(:nndyn_map_create_network), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, options, out)

nndyn_map_free(map) =
    ccall(symbol(:nndyn_map_free), Cvoid, (Ptr{Cvoid},), map)

nndyn_map_shape(map, dimension, parameters) =
    ccall(symbol(:nndyn_map_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), map, dimension, parameters)

nndyn_map_parameter_name(map, parameter, capacity, text, length) =
    ccall(symbol(:nndyn_map_parameter_name), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{UInt8}, Ptr{Int64}), map, parameter,
        capacity, text, length)

nndyn_map_set(map, name, value) =
    ccall(symbol(:nndyn_map_set), Cint, (Ptr{Cvoid}, Cstring, Cdouble), map, name, value)

nndyn_map_get(map, name, value) =
    ccall(symbol(:nndyn_map_get), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cdouble}), map, name, value)

nndyn_map_apply(map, count, states, steps, next) =
    ccall(symbol(:nndyn_map_apply), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}), map, count, states,
        steps, next)

nndyn_recurrent_create(context, neurons, weights, biases, activation, options, out) =
    ccall(symbol(:nndyn_recurrent_create), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, neurons, weights,
        biases, activation, options, out)

nndyn_recurrent_free(recurrent) =
    ccall(symbol(:nndyn_recurrent_free), Cvoid, (Ptr{Cvoid},), recurrent)

nndyn_recurrent_set_boundary(recurrent, count, neurons, values) =
    ccall(symbol(:nndyn_recurrent_set_boundary), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}), recurrent, count,
        neurons, values)

nndyn_recurrent_shape(recurrent, neurons, boundary, bulk) =
    ccall(symbol(:nndyn_recurrent_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), recurrent, neurons,
        boundary, bulk)

nndyn_recurrent_get_boundary(recurrent, capacity, neurons, values) =
    ccall(symbol(:nndyn_recurrent_get_boundary), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}), recurrent,
        capacity, neurons, values)

nndyn_recurrent_set_weights(recurrent, weights, biases) =
    ccall(symbol(:nndyn_recurrent_set_weights), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), recurrent, weights,
        biases)

nndyn_recurrent_get_weights(recurrent, weights, biases) =
    ccall(symbol(:nndyn_recurrent_get_weights), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), recurrent, weights,
        biases)

nndyn_recurrent_set_gain(recurrent, gain) =
    ccall(symbol(:nndyn_recurrent_set_gain), Cint, (Ptr{Cvoid}, Cdouble), recurrent, gain)

nndyn_recurrent_get_gain(recurrent, gain) =
    ccall(symbol(:nndyn_recurrent_get_gain), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), recurrent, gain)

nndyn_recurrent_activate(recurrent, count, boundary, starts, options, states, residuals, steps) =
    ccall(symbol(:nndyn_recurrent_activate), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), recurrent,
        count, boundary, starts, options, states, residuals, steps)

nndyn_recurrent_jacobian(recurrent, count, states, options, jacobian, condition) =
    ccall(symbol(:nndyn_recurrent_jacobian), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), recurrent, count, states, options,
        jacobian, condition)

nndyn_recurrent_jvp(recurrent, count, states, boundary, options, bulk) =
    ccall(symbol(:nndyn_recurrent_jvp), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        recurrent, count, states, boundary, options, bulk)

nndyn_recurrent_vjp(recurrent, count, states, bulk, options, boundary) =
    ccall(symbol(:nndyn_recurrent_vjp), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        recurrent, count, states, bulk, options, boundary)

nndyn_fixed_point_stability_name(stability) =
    ccall(symbol(:nndyn_fixed_point_stability_name), Cstring, (Cint,), stability)

nndyn_recurrent_equilibria(recurrent, count, starts, options, out) =
    ccall(symbol(:nndyn_recurrent_equilibria), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        recurrent, count, starts, options, out)

nndyn_fixed_points_free(points) =
    ccall(symbol(:nndyn_fixed_points_free), Cvoid, (Ptr{Cvoid},), points)

nndyn_fixed_points_shape(points, count, neurons, bulk) =
    ccall(symbol(:nndyn_fixed_points_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), points, count,
        neurons, bulk)

nndyn_fixed_points_get(points, index, state, stability, unstable) =
    ccall(symbol(:nndyn_fixed_points_get), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}, Ptr{Int64}), points,
        index, state, stability, unstable)

nndyn_fixed_points_figure(points, index, name, value) =
    ccall(symbol(:nndyn_fixed_points_figure), Cint, (Ptr{Cvoid}, Int64, Cstring, Ptr{Cdouble}), points, index, name,
        value)

nndyn_fixed_points_modes(points, index, re, im, modes) =
    ccall(symbol(:nndyn_fixed_points_modes), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        points, index, re, im, modes)

nndyn_recurrent_unique(recurrent, bound, unique) =
    ccall(symbol(:nndyn_recurrent_unique), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cint}), recurrent, bound, unique)

nndyn_recurrent_ball(recurrent, state, options, contraction, radius) =
    ccall(symbol(:nndyn_recurrent_ball), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}),
        recurrent, state, options, contraction, radius)

nndyn_recurrent_energy(recurrent, count, states, energies) =
    ccall(symbol(:nndyn_recurrent_energy), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), recurrent, count,
        states, energies)

nndyn_map_create_recurrent(recurrent, options, out) =
    ccall(symbol(:nndyn_map_create_recurrent), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), recurrent, options, out)

nndyn_duality_shape(network, n, options, rows, columns) =
    ccall(symbol(:nndyn_duality_shape), Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), network, n,
        options, rows, columns)

nndyn_duality_forecast(network, n, what, options, bytes, flops) =
    ccall(symbol(:nndyn_duality_forecast), Cint, (Ptr{Cvoid}, Int64, Cint, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}),
        network, n, what, options, bytes, flops)

nndyn_duality_apply(network, n, x, t, options, qdot) =
    ccall(symbol(:nndyn_duality_apply), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        network, n, x, t, options, qdot)

nndyn_duality_jvp(network, n, x, t, xdot, tdot, options, qdot) =
    ccall(symbol(:nndyn_duality_jvp), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network,
        n, x, t, xdot, tdot, options, qdot)

nndyn_duality_vjp(network, n, x, t, u, options, xbar, tbar) =
    ccall(symbol(:nndyn_duality_vjp), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network,
        n, x, t, u, options, xbar, tbar)

nndyn_duality_jacobian(network, n, x, t, options, jacobian) =
    ccall(symbol(:nndyn_duality_jacobian), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, options, jacobian)

nndyn_duality_gram(network, n, x, t, options, gram) =
    ccall(symbol(:nndyn_duality_gram), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        network, n, x, t, options, gram)

nndyn_duality_singular_values(network, n, x, t, options, s) =
    ccall(symbol(:nndyn_duality_singular_values), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, options, s)

nndyn_duality_operator(network, n, x, t, options, out) =
    ccall(symbol(:nndyn_duality_operator), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n, x, t, options, out)

nndyn_duality_modes(network, n, x, t, count, options, s, u, v, residuals) =
    ccall(symbol(:nndyn_duality_modes), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cvoid},
        Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, t, count, options, s, u, v, residuals)

nndyn_duality_coupling(network, n, x, t, count, u, v, options, kappa) =
    ccall(symbol(:nndyn_duality_coupling), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        network, n, x, t, count, u, v, options, kappa)

nndyn_duality_reduced_map(network, x, t, u, v, count, s, options, zeta) =
    ccall(symbol(:nndyn_duality_reduced_map), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble},
        Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, x, t, u, v, count, s, options, zeta)

nndyn_duality_reduction(network, n, x, t, count, u, v, options, distance) =
    ccall(symbol(:nndyn_duality_reduction), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        network, n, x, t, count, u, v, options, distance)

nndyn_ntk(network, n, x, n2, x2, kind, options, kernel) =
    ccall(symbol(:nndyn_ntk), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, n2, x2,
        kind, options, kernel)

nndyn_ntk_forecast(network, n, n2, kind, options, bytes, flops) =
    ccall(symbol(:nndyn_ntk_forecast), Cint, (Ptr{Cvoid}, Int64, Int64, Cint, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}),
        network, n, n2, kind, options, bytes, flops)

nndyn_ntk_write(network, n, x, n2, x2, kind, options, path) =
    ccall(symbol(:nndyn_ntk_write), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Cstring), network, n, x, n2, x2, kind,
        options, path)

nndyn_ntk_file(context, path, kind, rows, columns, written) =
    ccall(symbol(:nndyn_ntk_file), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cint}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), context,
        path, kind, rows, columns, written)

nndyn_ntk_read(context, path, first, count, kernel) =
    ccall(symbol(:nndyn_ntk_read), Cint, (Ptr{Cvoid}, Cstring, Int64, Int64, Ptr{Cdouble}), context, path, first, count,
        kernel)

nndyn_ntk_vector(network, n, x, n2, x2, w, options, out) =
    ccall(symbol(:nndyn_ntk_vector), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x,
        n2, x2, w, options, out)

nndyn_ntk_operator(network, n, x, options, out) =
    ccall(symbol(:nndyn_ntk_operator), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n,
        x, options, out)

nndyn_ntk_infinite(context, inputs, n, x, n2, x2, depth, activation, options, covariance, tangent) =
    ccall(symbol(:nndyn_ntk_infinite), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Int64, Cint,
        Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), context, inputs, n, x, n2, x2, depth, activation, options, covariance,
        tangent)

nndyn_ntk_infinite_network(network, n, x, n2, x2, options, covariance, tangent) =
    ccall(symbol(:nndyn_ntk_infinite_network), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x,
        n2, x2, options, covariance, tangent)

nndyn_linearized_create(context, form, n, outputs, kernel, f0, y, options, out) =
    ccall(symbol(:nndyn_linearized_create), Cint,
        (Ptr{Cvoid}, Cint, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        context, form, n, outputs, kernel, f0, y, options, out)

nndyn_linearized_create_network(network, n, x, t, test, x_test, options, out) =
    ccall(symbol(:nndyn_linearized_create_network), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n,
        x, t, test, x_test, options, out)

nndyn_linearized_free(model) =
    ccall(symbol(:nndyn_linearized_free), Cvoid, (Ptr{Cvoid},), model)

nndyn_linearized_set_test(model, test, kernel, f0) =
    ccall(symbol(:nndyn_linearized_set_test), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), model, test,
        kernel, f0)

nndyn_linearized_set_loss(model, loss, options) =
    ccall(symbol(:nndyn_linearized_set_loss), Cint, (Ptr{Cvoid}, Cint, Ptr{Cvoid}), model, loss, options)

nndyn_linearized_shape(model, form, n, outputs, test, parameters) =
    ccall(symbol(:nndyn_linearized_shape), Cint,
        (Ptr{Cvoid}, Ptr{Cint}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), model, form, n, outputs, test,
        parameters)

nndyn_linearized_eigenvalues(model, count, values) =
    ccall(symbol(:nndyn_linearized_eigenvalues), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), model, count, values)

nndyn_linearized_stability(model, rule, rate, options, figures, values) =
    ccall(symbol(:nndyn_linearized_stability), Cint, (Ptr{Cvoid}, Cint, Cdouble, Ptr{Cvoid}, Int64, Ptr{Cdouble}),
        model, rule, rate, options, figures, values)

nndyn_linearized_predict(model, rule, rate, time, options, coefficients, train, test) =
    ccall(symbol(:nndyn_linearized_predict), Cint,
        (Ptr{Cvoid}, Cint, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), model, rule, rate,
        time, options, coefficients, train, test)

nndyn_linearized_step(model, count, rows, t, rate, weight, momentum) =
    ccall(symbol(:nndyn_linearized_step), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}, Cdouble, Cdouble, Cdouble), model, count, rows, t, rate, weight,
        momentum)

nndyn_linearized_run(model, trainer, batches, steps) =
    ccall(symbol(:nndyn_linearized_run), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64), model, trainer, batches,
        steps)

nndyn_linearized_integrate(model, rate, duration, options) =
    ccall(symbol(:nndyn_linearized_integrate), Cint, (Ptr{Cvoid}, Cdouble, Cdouble, Ptr{Cvoid}), model, rate, duration,
        options)

nndyn_linearized_reset(model) =
    ccall(symbol(:nndyn_linearized_reset), Cint, (Ptr{Cvoid},), model)

nndyn_linearized_get(model, steps, time, coefficients, train, test) =
    ccall(symbol(:nndyn_linearized_get), Cint,
        (Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), model, steps, time,
        coefficients, train, test)

nndyn_linearized_displacement(model, coefficients, norm) =
    ccall(symbol(:nndyn_linearized_displacement), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), model, coefficients,
        norm)

nndyn_linearized_parameters(model, coefficients, count, parameters) =
    ccall(symbol(:nndyn_linearized_parameters), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Int64, Ptr{Cdouble}), model,
        coefficients, count, parameters)

nndyn_linearized_forecast(context, form, n, outputs, test, bytes, flops) =
    ccall(symbol(:nndyn_linearized_forecast), Cint, (Ptr{Cvoid}, Cint, Int64, Int64, Int64, Ptr{Int64}, Ptr{Cdouble}),
        context, form, n, outputs, test, bytes, flops)

nndyn_recorder_add_linearization(recorder, batches, test, options, probe) =
    ccall(symbol(:nndyn_recorder_add_linearization), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}),
        recorder, batches, test, options, probe)

nndyn_linearized_compare(trainer, batches, test, count, steps, options, rows) =
    ccall(symbol(:nndyn_linearized_compare), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cvoid}, Ptr{Cdouble}), trainer, batches, test,
        count, steps, options, rows)

nndyn_correlations_create(network, n, x, eta, parts, options, out) =
    ccall(symbol(:nndyn_correlations_create), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Cint, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, n, x, eta, parts,
        options, out)

nndyn_correlations_create_from(context, outputs, eta, c00, c01, c02, c03, c11, out) =
    ccall(symbol(:nndyn_correlations_create_from), Cint, (Ptr{Cvoid}, Int64, Cdouble, Ptr{Cdouble}, Ptr{Cdouble},
        Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Ptr{Cvoid}}), context, outputs, eta, c00, c01, c02, c03, c11, out)

nndyn_correlations_rescale(correlations, alpha, rate, out) =
    ccall(symbol(:nndyn_correlations_rescale), Cint, (Ptr{Cvoid}, Cdouble, Cdouble, Ptr{Ptr{Cvoid}}), correlations,
        alpha, rate, out)

nndyn_correlation_factor(context, uncontracted, contracted, alpha, rate, factor) =
    ccall(symbol(:nndyn_correlation_factor), Cint, (Ptr{Cvoid}, Cint, Cint, Cdouble, Cdouble, Ptr{Cdouble}), context,
        uncontracted, contracted, alpha, rate, factor)

nndyn_correlations_free(correlations) =
    ccall(symbol(:nndyn_correlations_free), Cvoid, (Ptr{Cvoid},), correlations)

nndyn_correlations_info(correlations, outputs, eta, parts, flags) =
    ccall(symbol(:nndyn_correlations_info), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cint}, Ptr{Cint}),
        correlations, outputs, eta, parts, flags)

nndyn_correlations_get(correlations, which, count, values) =
    ccall(symbol(:nndyn_correlations_get), Cint, (Ptr{Cvoid}, Cint, Int64, Ptr{Cdouble}), correlations, which, count,
        values)

nndyn_correlations_norm(correlations, which, options, lower, upper, frobenius) =
    ccall(symbol(:nndyn_correlations_norm), Cint,
        (Ptr{Cvoid}, Cint, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), correlations, which, options, lower,
        upper, frobenius)

nndyn_correlation_direction(network, n, x, eta, e, order, options, values, norms, contracted, flags) =
    ccall(symbol(:nndyn_correlation_direction), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Ptr{Cdouble}, Cint,
        Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), network, n, x, eta, e, order, options, values,
        norms, contracted, flags)

nndyn_correlation_operator_norm(network, n, x, eta, weights, contracted, e, options, norm, flags) =
    ccall(symbol(:nndyn_correlation_operator_norm), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Ptr{Cdouble}, Cint,
        Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cint}), network, n, x, eta, weights, contracted, e, options, norm,
        flags)

nndyn_correlation_recover(context, nodes, rates, outputs, observed, degree, values, residuals) =
    ccall(symbol(:nndyn_correlation_recover), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Cint, Ptr{Cdouble}, Ptr{Cdouble}), context, nodes, rates,
        outputs, observed, degree, values, residuals)

nndyn_correlation_observe(network, n, x, eta, e, degree, options, values, residuals) =
    ccall(symbol(:nndyn_correlation_observe), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Ptr{Cdouble}, Cint, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network,
        n, x, eta, e, degree, options, values, residuals)

nndyn_correlation_bound(context, c02, c03, c11, outputs, eta, kappa, eigenvalues, residuals, steps, bound, closed,
    flags) =
    ccall(symbol(:nndyn_correlation_bound), Cint, (Ptr{Cvoid}, Cdouble, Cdouble, Cdouble, Int64, Cdouble, Cdouble,
        Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), context, c02, c03, c11, outputs, eta,
        kappa, eigenvalues, residuals, steps, bound, closed, flags)

nndyn_correlations_bound(correlations, y, kappa, steps, options, bound, closed, flags) =
    ccall(symbol(:nndyn_correlations_bound), Cint,
        (Ptr{Cvoid}, Ptr{Cdouble}, Cdouble, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), correlations, y,
        kappa, steps, options, bound, closed, flags)

nndyn_correlations_predict(correlations, y, weights, steps, options, outputs, linear, valid, flags) =
    ccall(symbol(:nndyn_correlations_predict), Cint,
        (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cint}),
        correlations, y, weights, steps, options, outputs, linear, valid, flags)

nndyn_correlation_report(network, n, x, y, eta, observed, options, count, values, flags) =
    ccall(symbol(:nndyn_correlation_report), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cdouble,
        Ptr{Cdouble}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}), network, n, x, y, eta, observed, options, count,
        values, flags)

nndyn_equilibrium_verdict_name(verdict) =
    ccall(symbol(:nndyn_equilibrium_verdict_name), Cstring, (Cint,), verdict)

nndyn_equilibrium_test(context, steps, parameters, q, g, rate, options, out) =
    ccall(symbol(:nndyn_equilibrium_test), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cdouble, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, steps,
        parameters, q, g, rate, options, out)

nndyn_equilibrium_test_run(trainer, batches, steps, options, out) =
    ccall(symbol(:nndyn_equilibrium_test_run), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        trainer, batches, steps, options, out)

nndyn_equilibrium_verdict(result, verdict) =
    ccall(symbol(:nndyn_equilibrium_verdict), Cint, (Ptr{Cvoid}, Ptr{Cint}), result, verdict)

nndyn_equilibrium_get(result, name, value) =
    ccall(symbol(:nndyn_equilibrium_get), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cdouble}), result, name, value)

nndyn_equilibrium_free(result) =
    ccall(symbol(:nndyn_equilibrium_free), Cvoid, (Ptr{Cvoid},), result)

nndyn_equilibrium_modes(network, n, x, t, count, rate, options, curvature, vectors, noise, relaxation, coupling) =
    ccall(symbol(:nndyn_equilibrium_modes), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Cdouble,
        Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x, t, count,
        rate, options, curvature, vectors, noise, relaxation, coupling)

nndyn_equilibrium_noise_modes(network, n, x, t, count, options, values, vectors) =
    ccall(symbol(:nndyn_equilibrium_noise_modes), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, n, x,
        t, count, options, values, vectors)

nndyn_equilibrium_stationary(context, n, hessian, noise, rate, batch, sigma) =
    ccall(symbol(:nndyn_equilibrium_stationary), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Cdouble, Cdouble, Ptr{Cdouble}), context, n, hessian, noise,
        rate, batch, sigma)

nndyn_equilibrium_covariance(network, n, x, t, count, vectors, rate, batch, options, sigma) =
    ccall(symbol(:nndyn_equilibrium_covariance), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64,
        Ptr{Cdouble}, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Cdouble}), network, n, x, t, count, vectors, rate, batch,
        options, sigma)

nndyn_equilibrium_record(trainer, batches, steps, count, vectors, record) =
    ccall(symbol(:nndyn_equilibrium_record), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}),
        trainer, batches, steps, count, vectors, record)

nndyn_equilibrium_measure(context, steps, count, record, options, sigma, error, times) =
    ccall(symbol(:nndyn_equilibrium_measure), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context, steps,
        count, record, options, sigma, error, times)

nndyn_step_operator(trainer, n, x, t, out) =
    ccall(symbol(:nndyn_step_operator), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Ptr{Cvoid}}), trainer,
        n, x, t, out)

nndyn_equilibrium_find(network, n, x, t, options, norm, iterations) =
    ccall(symbol(:nndyn_equilibrium_find), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Int64}), network, n, x, t,
        options, norm, iterations)

nndyn_local_exponent(context, activation, loss, t, count, y, slope, options, k) =
    ccall(symbol(:nndyn_local_exponent), Cint,
        (Ptr{Cvoid}, Cint, Cint, Cdouble, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), context,
        activation, loss, t, count, y, slope, options, k)

nndyn_critical_prediction(context, activation, loss, t, xmin, xmax, count, y, options, k, mass, decades, mean, square) =
    ccall(symbol(:nndyn_critical_prediction), Cint, (Ptr{Cvoid}, Cint, Cint, Cdouble, Cdouble, Cdouble, Int64,
        Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context,
        activation, loss, t, xmin, xmax, count, y, options, k, mass, decades, mean, square)

nndyn_fluctuations_create(network, out) =
    ccall(symbol(:nndyn_fluctuations_create), Cint, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, out)

nndyn_fluctuations_free(fluctuations) =
    ccall(symbol(:nndyn_fluctuations_free), Cvoid, (Ptr{Cvoid},), fluctuations)

nndyn_fluctuations_add(fluctuations, count, indices, xmin, xmax, options, series) =
    ccall(symbol(:nndyn_fluctuations_add), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Cdouble, Cdouble, Ptr{Cvoid}, Ptr{Int64}), fluctuations, count, indices, xmin,
        xmax, options, series)

nndyn_fluctuations_measure(fluctuations, n, x, t) =
    ccall(symbol(:nndyn_fluctuations_measure), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), fluctuations, n,
        x, t)

nndyn_recorder_add_fluctuations(recorder, fluctuations, options, probe) =
    ccall(symbol(:nndyn_recorder_add_fluctuations), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder,
        fluctuations, options, probe)

nndyn_fluctuations_clear(fluctuations) =
    ccall(symbol(:nndyn_fluctuations_clear), Cint, (Ptr{Cvoid},), fluctuations)

nndyn_fluctuations_shape(fluctuations, series, xmin, xmax, bins, parts) =
    ccall(symbol(:nndyn_fluctuations_shape), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}), fluctuations, series, xmin, xmax, bins,
        parts)

nndyn_fluctuations_counts(fluctuations, series, inside, zeros, below, above, nonfinite) =
    ccall(symbol(:nndyn_fluctuations_counts), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), fluctuations, series, inside,
        zeros, below, above, nonfinite)

nndyn_fluctuations_exponent(fluctuations, series, k, se, effective, curvature, decades) =
    ccall(symbol(:nndyn_fluctuations_exponent), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), fluctuations, series,
        k, se, effective, curvature, decades)

nndyn_fluctuations_parts(fluctuations, series, parts, k, se) =
    ccall(symbol(:nndyn_fluctuations_parts), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}), fluctuations,
        series, parts, k, se)

nndyn_fluctuations_histogram(fluctuations, series, bins, edges, counts, densities) =
    ccall(symbol(:nndyn_fluctuations_histogram), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}), fluctuations, series, bins, edges, counts,
        densities)

nndyn_fluctuations_verdict(fluctuations, series, equilibrium, predicted, options, verdict) =
    ccall(symbol(:nndyn_fluctuations_verdict), Cint, (Ptr{Cvoid}, Int64, Cint, Cdouble, Ptr{Cvoid}, Ptr{Cint}),
        fluctuations, series, equilibrium, predicted, options, verdict)

nndyn_separation(context, n, width, x, classes, labels, options, count, values, flags) =
    ccall(symbol(:nndyn_separation), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Int64}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}),
        context, n, width, x, classes, labels, options, count, values, flags)

nndyn_separation_f32(context, n, width, x, classes, labels, options, count, values, flags) =
    ccall(symbol(:nndyn_separation_f32), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cfloat}, Int64, Ptr{Int64}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}), context,
        n, width, x, classes, labels, options, count, values, flags)

nndyn_separation_directions(context, n, width, x, classes, labels, options, capacity, fuzziness, vectors, count) =
    ccall(symbol(:nndyn_separation_directions), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Int64},
        Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), context, n, width, x, classes, labels, options,
        capacity, fuzziness, vectors, count)

nndyn_separation_directions_f32(context, n, width, x, classes, labels, options, capacity, fuzziness, vectors, count) =
    ccall(symbol(:nndyn_separation_directions_f32), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cfloat}, Int64, Ptr{Int64},
        Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), context, n, width, x, classes, labels, options,
        capacity, fuzziness, vectors, count)

nndyn_separation_stream_create(context, width, classes, options, out) =
    ccall(symbol(:nndyn_separation_stream_create), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        context, width, classes, options, out)

nndyn_separation_stream_free(stream) =
    ccall(symbol(:nndyn_separation_stream_free), Cvoid, (Ptr{Cvoid},), stream)

nndyn_separation_stream_add(stream, n, x, labels) =
    ccall(symbol(:nndyn_separation_stream_add), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}), stream, n, x,
        labels)

nndyn_separation_stream_add_f32(stream, n, x, labels) =
    ccall(symbol(:nndyn_separation_stream_add_f32), Cint, (Ptr{Cvoid}, Int64, Ptr{Cfloat}, Ptr{Int64}), stream, n, x,
        labels)

nndyn_separation_stream_merge(stream, other) =
    ccall(symbol(:nndyn_separation_stream_merge), Cint, (Ptr{Cvoid}, Ptr{Cvoid}), stream, other)

nndyn_separation_stream_copy(stream, out) =
    ccall(symbol(:nndyn_separation_stream_copy), Cint, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), stream, out)

nndyn_separation_stream_second_pass(stream) =
    ccall(symbol(:nndyn_separation_stream_second_pass), Cint, (Ptr{Cvoid},), stream)

nndyn_separation_stream_get(stream, count, values, flags) =
    ccall(symbol(:nndyn_separation_stream_get), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}), stream, count,
        values, flags)

nndyn_separation_layers(network, options, capacity, layers, widths, count) =
    ccall(symbol(:nndyn_separation_layers), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}),
        network, options, capacity, layers, widths, count)

nndyn_network_separation(network, dataset, options, capacity, count, values, flags, sites, loss, accuracy) =
    ccall(symbol(:nndyn_network_separation), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble},
        Ptr{Cint}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset, options, capacity, count, values, flags,
        sites, loss, accuracy)

nndyn_load_curve(context, count, d, options, loads, nvalues, values, verdict) =
    ccall(symbol(:nndyn_load_curve), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cint}), context, count, d,
        options, loads, nvalues, values, verdict)

nndyn_load_curve_verdict_name(verdict) =
    ccall(symbol(:nndyn_load_curve_verdict_name), Cstring, (Cint,), verdict)

nndyn_load_curve_advice(context, runs, levels, bows, sigmas, losses, limit, options, straightest, direction, level) =
    ccall(symbol(:nndyn_load_curve_advice), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble},
        Ptr{Cdouble}, Cdouble, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cint}, Ptr{Cdouble}), context, runs, levels, bows, sigmas,
        losses, limit, options, straightest, direction, level)

nndyn_recorder_add_load_curve(recorder, dataset, options, probe) =
    ccall(symbol(:nndyn_recorder_add_load_curve), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder,
        dataset, options, probe)

nndyn_order_pairs(context, n, h, g, counts, tau_b, rho) =
    ccall(symbol(:nndyn_order_pairs), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), context, n, h, g,
        counts, tau_b, rho)

nndyn_order_verdict(context, counts, verdict, strict, discordance) =
    ccall(symbol(:nndyn_order_verdict), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Cint}, Ptr{Cdouble}, Ptr{Cdouble}), context,
        counts, verdict, strict, discordance)

nndyn_order_roles(context, activation, n, units, h, options, roles, tied) =
    ccall(symbol(:nndyn_order_roles), Cint,
        (Ptr{Cvoid}, Cint, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cint}, Ptr{Int64}), context, activation, n,
        units, h, options, roles, tied)

nndyn_order_bundle(context, units, w, b, v, activation, options, capacity, positions, values, count, verdict, certain) =
    ccall(symbol(:nndyn_order_bundle), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Cint,
        Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cint}, Ptr{Cint}), context, units, w, b, v,
        activation, options, capacity, positions, values, count, verdict, certain)

nndyn_order_bundle_on(context, units, w, b, v, activation, options, n, h, y, between, verdict) =
    ccall(symbol(:nndyn_order_bundle_on), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Cint,
        Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cint}), context, units, w, b, v, activation,
        options, n, h, y, between, verdict)

nndyn_order_group(network, dataset, layer, count, units, v, options, counts, tau_b, rho) =
    ccall(symbol(:nndyn_order_group), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Int64, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cvoid},
        Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset, layer, count, units, v, options, counts, tau_b, rho)

nndyn_order_tail(network, dataset, options, capacity, tau, rho, index, cuts) =
    ccall(symbol(:nndyn_order_tail), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), network,
        dataset, options, capacity, tau, rho, index, cuts)

nndyn_linear_substitution(network, dataset, options, out) =
    ccall(symbol(:nndyn_linear_substitution), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network,
        dataset, options, out)

nndyn_substitution_free(substitution) =
    ccall(symbol(:nndyn_substitution_free), Cvoid, (Ptr{Cvoid},), substitution)

nndyn_substitution_shape(substitution, cuts, classes, samples) =
    ccall(symbol(:nndyn_substitution_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), substitution, cuts,
        classes, samples)

nndyn_substitution_cut(substitution, cut, layer, width) =
    ccall(symbol(:nndyn_substitution_cut), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}), substitution, cut, layer,
        width)

nndyn_substitution_map(substitution, cut, count, matrix, offset, exponent) =
    ccall(symbol(:nndyn_substitution_map), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}),
        substitution, cut, count, matrix, offset, exponent)

nndyn_substitution_accuracy(substitution, count, accuracy, agreement, network_accuracy) =
    ccall(symbol(:nndyn_substitution_accuracy), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        substitution, count, accuracy, agreement, network_accuracy)

nndyn_substitution_prunable(substitution, cut) =
    ccall(symbol(:nndyn_substitution_prunable), Cint, (Ptr{Cvoid}, Ptr{Int64}), substitution, cut)

nndyn_rank_distribution(network, dataset, options, out) =
    ccall(symbol(:nndyn_rank_distribution), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network,
        dataset, options, out)

nndyn_rank_distribution_of(context, samples, units, h, classes, map, labels, options, out) =
    ccall(symbol(:nndyn_rank_distribution_of), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context,
        samples, units, h, classes, map, labels, options, out)

nndyn_ranks_free(ranks) =
    ccall(symbol(:nndyn_ranks_free), Cvoid, (Ptr{Cvoid},), ranks)

nndyn_ranks_shape(ranks, layers, classes, bins) =
    ccall(symbol(:nndyn_ranks_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), ranks, layers, classes,
        bins)

nndyn_ranks_layer(ranks, layer, count, values) =
    ccall(symbol(:nndyn_ranks_layer), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}), ranks, layer, count, values)

nndyn_ranks_units(ranks, layer, quantity, count, values) =
    ccall(symbol(:nndyn_ranks_units), Cint, (Ptr{Cvoid}, Int64, Cint, Int64, Ptr{Cdouble}), ranks, layer, quantity,
        count, values)

nndyn_ranks_density(ranks, layer, label, count, density) =
    ccall(symbol(:nndyn_ranks_density), Cint, (Ptr{Cvoid}, Int64, Int64, Int64, Ptr{Cdouble}), ranks, layer, label,
        count, density)

nndyn_projection(network, dataset, options, count, points, directions, values) =
    ccall(symbol(:nndyn_projection), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset,
        options, count, points, directions, values)

nndyn_recorder_add_order(recorder, dataset, options, probe) =
    ccall(symbol(:nndyn_recorder_add_order), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder, dataset,
        options, probe)

nndyn_learning_phases(context, count, layers, gradient, deviation, options, phase, rho, spread) =
    ccall(symbol(:nndyn_learning_phases), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cint}, Ptr{Cdouble}, Ptr{Cdouble}),
        context, count, layers, gradient, deviation, options, phase, rho, spread)

nndyn_learning_peak(context, count, gradient, peak, phase) =
    ccall(symbol(:nndyn_learning_peak), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cint}), context, count,
        gradient, peak, phase)

nndyn_learning_separation(context, count, accuracy, linear, samples, options, separation) =
    ccall(symbol(:nndyn_learning_separation), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{Cvoid}, Ptr{Int64}), context, count, accuracy,
        linear, samples, options, separation)

nndyn_grokking(context, count, steps, train, test, batch, options, figures, values, verdict) =
    ccall(symbol(:nndyn_grokking), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble},
        Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cint}), context, count, steps, train, test, batch, options, figures,
        values, verdict)

nndyn_batch_norm_lag(network, dataset, capacity, lag, layers) =
    ccall(symbol(:nndyn_batch_norm_lag), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}), network,
        dataset, capacity, lag, layers)

nndyn_batch_norm_accuracy(network, dataset, accuracy) =
    ccall(symbol(:nndyn_batch_norm_accuracy), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cdouble}), network, dataset, accuracy)

nndyn_batch_norm_recalibrate(network, dataset) =
    ccall(symbol(:nndyn_batch_norm_recalibrate), Cint, (Ptr{Cvoid}, Ptr{Cvoid}), network, dataset)

nndyn_recorder_add_batch_norm(recorder, dataset, options, probe) =
    ccall(symbol(:nndyn_recorder_add_batch_norm), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder,
        dataset, options, probe)

nndyn_springblock_create(context, blocks, options, out) =
    ccall(symbol(:nndyn_springblock_create), Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, blocks,
        options, out)

nndyn_springblock_free(chain) =
    ccall(symbol(:nndyn_springblock_free), Cvoid, (Ptr{Cvoid},), chain)

nndyn_springblock_get(chain, name, value) =
    ccall(symbol(:nndyn_springblock_get), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cdouble}), chain, name, value)

nndyn_springblock_get_state(chain, x, v, step) =
    ccall(symbol(:nndyn_springblock_get_state), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), chain, x, v,
        step)

nndyn_springblock_set_state(chain, x, v, step) =
    ccall(symbol(:nndyn_springblock_set_state), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Int64), chain, x, v,
        step)

nndyn_springblock_run(chain, steps) =
    ccall(symbol(:nndyn_springblock_run), Cint, (Ptr{Cvoid}, Int64), chain, steps)

nndyn_springblock_trajectory(chain, steps, every, rows, x, v) =
    ccall(symbol(:nndyn_springblock_trajectory), Cint, (Ptr{Cvoid}, Int64, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}),
        chain, steps, every, rows, x, v)

nndyn_springblock_separation(chain, separation) =
    ccall(symbol(:nndyn_springblock_separation), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), chain, separation)

nndyn_springblock_ensemble(chain, runs, steps, options, mean, deviation, kappa, bow, profiles) =
    ccall(symbol(:nndyn_springblock_ensemble), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        chain, runs, steps, options, mean, deviation, kappa, bow, profiles)

nndyn_springblock_phase(chain, frictions, friction, noises, noise, runs, steps, options, kappa, kappa_error, bow,
    bow_error, profiles) =
    ccall(symbol(:nndyn_springblock_phase), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Int64, Int64,
        Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), chain, frictions, friction,
        noises, noise, runs, steps, options, kappa, kappa_error, bow, bow_error, profiles)

nndyn_springblock_stuck(chain, x, moved) =
    ccall(symbol(:nndyn_springblock_stuck), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Int64}), chain, x, moved)

nndyn_springblock_cascade(chain, thresholds) =
    ccall(symbol(:nndyn_springblock_cascade), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), chain, thresholds)

nndyn_springblock_equilibrium(chain, x) =
    ccall(symbol(:nndyn_springblock_equilibrium), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), chain, x)

nndyn_springblock_drift(chain, n, force, mean, square, mobility) =
    ccall(symbol(:nndyn_springblock_drift), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), chain, n, force, mean, square,
        mobility)

nndyn_springblock_mean_field(chain, steps, x) =
    ccall(symbol(:nndyn_springblock_mean_field), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}), chain, steps, x)

nndyn_springblock_relaxation_time(chain, steps) =
    ccall(symbol(:nndyn_springblock_relaxation_time), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), chain, steps)

nndyn_springblock_covariance(chain, covariance) =
    ccall(symbol(:nndyn_springblock_covariance), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), chain, covariance)

nndyn_springblock_fit_create(context, count, separation, errors, options, out) =
    ccall(symbol(:nndyn_springblock_fit_create), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, count, separation,
        errors, options, out)

nndyn_springblock_fit_create_covariance(context, count, separation, covariance, options, out) =
    ccall(symbol(:nndyn_springblock_fit_create_covariance), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, count, separation,
        covariance, options, out)

nndyn_springblock_fit_free(fit) =
    ccall(symbol(:nndyn_springblock_fit_free), Cvoid, (Ptr{Cvoid},), fit)

nndyn_springblock_fit_value(fit, name, value, error, flags) =
    ccall(symbol(:nndyn_springblock_fit_value), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), fit,
        name, value, error, flags)

nndyn_springblock_fit_covariance(fit, covariance) =
    ccall(symbol(:nndyn_springblock_fit_covariance), Cint, (Ptr{Cvoid}, Ptr{Cdouble}), fit, covariance)

nndyn_springblock_fit_weakest(fit, direction, error) =
    ccall(symbol(:nndyn_springblock_fit_weakest), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), fit, direction, error)

nndyn_springblock_fit_quality(fit, chi_square, freedom, p, r_squared) =
    ccall(symbol(:nndyn_springblock_fit_quality), Cint,
        (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), fit, chi_square, freedom, p, r_squared)

nndyn_springblock_fit_flags(fit, flags) =
    ccall(symbol(:nndyn_springblock_fit_flags), Cint, (Ptr{Cvoid}, Ptr{Cint}), fit, flags)

nndyn_springblock_fit_curve(fit, count, separation, normalized) =
    ccall(symbol(:nndyn_springblock_fit_curve), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}), fit, count,
        separation, normalized)

nndyn_springblock_fit_interval(fit, name, level, low, high, open) =
    ccall(symbol(:nndyn_springblock_fit_interval), Cint,
        (Ptr{Cvoid}, Cstring, Cdouble, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}), fit, name, level, low, high, open)

nndyn_springblock_fit_region(fit, right, left, noise, excess, p) =
    ccall(symbol(:nndyn_springblock_fit_region), Cint,
        (Ptr{Cvoid}, Cdouble, Cdouble, Cdouble, Ptr{Cdouble}, Ptr{Cdouble}), fit, right, left, noise, excess, p)

nndyn_springblock_fit_straighten(fit, bow, noise, friction) =
    ccall(symbol(:nndyn_springblock_fit_straighten), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), fit,
        bow, noise, friction)

nndyn_basin_free(basin) =
    ccall(symbol(:nndyn_basin_free), Cvoid, (Ptr{Cvoid},), basin)

nndyn_basin_get(basin, group, name, value) =
    ccall(symbol(:nndyn_basin_get), Cint, (Ptr{Cvoid}, Int64, Cstring, Ptr{Cdouble}), basin, group, name, value)

nndyn_basin_flags(basin, group, flags) =
    ccall(symbol(:nndyn_basin_flags), Cint, (Ptr{Cvoid}, Int64, Ptr{Cint}), basin, group, flags)

nndyn_basin_groups(basin, groups) =
    ccall(symbol(:nndyn_basin_groups), Cint, (Ptr{Cvoid}, Ptr{Int64}), basin, groups)

nndyn_basin_curve(basin, group, capacity, amplitude, accuracy, low, high, count) =
    ccall(symbol(:nndyn_basin_curve), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), basin, group,
        capacity, amplitude, accuracy, low, high, count)

nndyn_basin_samples(basin, capacity, radius, low, high, flags, count) =
    ccall(symbol(:nndyn_basin_samples), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cint}, Ptr{Int64}), basin, capacity, radius,
        low, high, flags, count)

nndyn_basin_quantiles(basin, group, count, p, out, zero, beyond) =
    ccall(symbol(:nndyn_basin_quantiles), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}), basin, group, count, p, out,
        zero, beyond)

nndyn_basin_unit(basin, unit) =
    ccall(symbol(:nndyn_basin_unit), Cint, (Ptr{Cvoid}, Ptr{Ptr{UInt8}}), basin, unit)

nndyn_basin_sample(network, dataset, options, out) =
    ccall(symbol(:nndyn_basin_sample), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, dataset,
        options, out)

nndyn_basin_margins(network, dataset, count, sigma, accuracy, distances) =
    ccall(symbol(:nndyn_basin_margins), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}),
        network, dataset, count, sigma, accuracy, distances)

nndyn_basin_smoothed(network, dataset, sigma, options, classes, share, low, radius, margin) =
    ccall(symbol(:nndyn_basin_smoothed), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Cdouble, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble},
        Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset, sigma, options, classes, share, low, radius,
        margin)

nndyn_basin_principal(dataset, count, options, mean, directions, variance, total) =
    ccall(symbol(:nndyn_basin_principal), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), dataset, count,
        options, mean, directions, variance, total)

nndyn_basin_slice(network, x, axes, directions, low, high, counts, options, classes, margins) =
    ccall(symbol(:nndyn_basin_slice), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble},
        Ptr{Int64}, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}), network, x, axes, directions, low, high, counts, options,
        classes, margins)

nndyn_basin_ray(network, dataset, count, directions, options, radii) =
    ccall(symbol(:nndyn_basin_ray), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        network, dataset, count, directions, options, radii)

nndyn_basin_ray_statistics(context, samples, count, radii, figures, least, median) =
    ccall(symbol(:nndyn_basin_ray_statistics), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context, samples, count,
        radii, figures, least, median)

nndyn_basin_adversarial(network, dataset, options, upper, lower, perturbed) =
    ccall(symbol(:nndyn_basin_adversarial), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset, options,
        upper, lower, perturbed)

nndyn_basin_weights(network, dataset, options, out) =
    ccall(symbol(:nndyn_basin_weights), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, dataset,
        options, out)

nndyn_basin_weights_along(network, dataset, draws, directions, options, out) =
    ccall(symbol(:nndyn_basin_weights_along), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), network, dataset, draws, directions,
        options, out)

nndyn_basin_curvature(network, dataset, options, figures) =
    ccall(symbol(:nndyn_basin_curvature), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cdouble}), network, dataset,
        options, figures)

nndyn_basin_loss_radius(network, dataset, count, directions, options, radius, quadratic) =
    ccall(symbol(:nndyn_basin_loss_radius), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), network, dataset, count,
        directions, options, radius, quadratic)

nndyn_basin_linearized(network, dataset, count, sigma, options, accuracy) =
    ccall(symbol(:nndyn_basin_linearized), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), network, dataset, count, sigma,
        options, accuracy)

nndyn_basin_returns_free(returns) =
    ccall(symbol(:nndyn_basin_returns_free), Cvoid, (Ptr{Cvoid},), returns)

nndyn_basin_return(trainer, dataset, probe, count, radii, options, out) =
    ccall(symbol(:nndyn_basin_return), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), trainer, dataset, probe,
        count, radii, options, out)

nndyn_basin_return_forecast(trainer, dataset, probe, count, options, bytes, flops) =
    ccall(symbol(:nndyn_basin_return_forecast), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cdouble}), trainer, dataset, probe,
        count, options, bytes, flops)

nndyn_basin_returns_shape(returns, radii, draws) =
    ccall(symbol(:nndyn_basin_returns_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), returns, radii, draws)

nndyn_basin_returns_curve(returns, criterion, capacity, radius, share, low, high, undecided, count) =
    ccall(symbol(:nndyn_basin_returns_curve), Cint,
        (Ptr{Cvoid}, Cint, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}),
        returns, criterion, capacity, radius, share, low, high, undecided, count)

nndyn_basin_returns_radius(returns, criterion, q, inside, outside) =
    ccall(symbol(:nndyn_basin_returns_radius), Cint, (Ptr{Cvoid}, Cint, Cdouble, Ptr{Cdouble}, Ptr{Cdouble}), returns,
        criterion, q, inside, outside)

nndyn_basin_returns_get(returns, name, radius, capacity, values, count) =
    ccall(symbol(:nndyn_basin_returns_get), Cint, (Ptr{Cvoid}, Cstring, Int64, Int64, Ptr{Cdouble}, Ptr{Int64}),
        returns, name, radius, capacity, values, count)

nndyn_basin_returns_reference(returns, norm, loss, accuracy) =
    ccall(symbol(:nndyn_basin_returns_reference), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), returns,
        norm, loss, accuracy)

nndyn_recorder_add_basin(recorder, dataset, options, probe) =
    ccall(symbol(:nndyn_recorder_add_basin), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), recorder, dataset,
        options, probe)

nndyn_basin_map_create(map, options, out) =
    ccall(symbol(:nndyn_basin_map_create), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), map, options, out)

nndyn_basin_map_free(basins) =
    ccall(symbol(:nndyn_basin_map_free), Cvoid, (Ptr{Cvoid},), basins)

nndyn_basin_map_starts(basins, kind, first, second, seed, n, starts) =
    ccall(symbol(:nndyn_basin_map_starts), Cint,
        (Ptr{Cvoid}, Cint, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}), basins, kind, first, second, seed,
        n, starts)

nndyn_basin_map_find(basins, n, starts, attractors, counts) =
    ccall(symbol(:nndyn_basin_map_find), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}), basins, n,
        starts, attractors, counts)

nndyn_basin_map_add(basins, point, attractor) =
    ccall(symbol(:nndyn_basin_map_add), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Int64}), basins, point, attractor)

nndyn_basin_map_shape(basins, dimension, attractors) =
    ccall(symbol(:nndyn_basin_map_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), basins, dimension, attractors)

nndyn_basin_map_attractor(basins, attractor, capacity, points, period, radius) =
    ccall(symbol(:nndyn_basin_map_attractor), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}),
        basins, attractor, capacity, points, period, radius)

nndyn_basin_map_label(basins, n, starts, labels, steps) =
    ccall(symbol(:nndyn_basin_map_label), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}), basins, n,
        starts, labels, steps)

nndyn_basin_map_grid(basins, axes, coordinates, low, high, counts, origin, labels, steps) =
    ccall(symbol(:nndyn_basin_map_grid), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}),
        basins, axes, coordinates, low, high, counts, origin, labels, steps)

nndyn_basin_map_ray(basins, attractor, n, directions, options, radii) =
    ccall(symbol(:nndyn_basin_map_ray), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}),
        basins, attractor, n, directions, options, radii)

nndyn_basin_map_fractions(basins, n, labels, options, classes, fractions, low, high) =
    ccall(symbol(:nndyn_basin_map_fractions), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), basins, n, labels,
        options, classes, fractions, low, high)

nndyn_basin_map_times(basins, n, labels, steps, attractor, count, values) =
    ccall(symbol(:nndyn_basin_map_times), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Int64, Ptr{Int64}, Ptr{Cdouble}), basins, n, labels, steps,
        attractor, count, values)

nndyn_basin_map_returns(basins, attractor, count, sizes, options, shares, low, high) =
    ccall(symbol(:nndyn_basin_map_returns), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), basins,
        attractor, count, sizes, options, shares, low, high)

nndyn_basin_map_radius(basins, attractor, options, values) =
    ccall(symbol(:nndyn_basin_map_radius), Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}), basins, attractor,
        options, values)

nndyn_basin_map_shock(basins, attractor, options, length, shock) =
    ccall(symbol(:nndyn_basin_map_shock), Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}), basins,
        attractor, options, length, shock)

nndyn_basin_map_certified(basins, attractor, jacobian, lipschitz, radius) =
    ccall(symbol(:nndyn_basin_map_certified), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Cdouble, Ptr{Cdouble}), basins,
        attractor, jacobian, lipschitz, radius)

nndyn_basin_map_disagreement(basins, other, n, starts, options, values) =
    ccall(symbol(:nndyn_basin_map_disagreement), Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cdouble}), basins, other, n, starts, options,
        values)

nndyn_branch_event_name(kind) =
    ccall(symbol(:nndyn_branch_event_name), Cstring, (Cint,), kind)

nndyn_basin_map_continue(basins, parameter, count, values, n, starts, options, out) =
    ccall(symbol(:nndyn_basin_map_continue), Cint,
        (Ptr{Cvoid}, Cstring, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), basins, parameter,
        count, values, n, starts, options, out)

nndyn_basin_branches_free(branches) =
    ccall(symbol(:nndyn_basin_branches_free), Cvoid, (Ptr{Cvoid},), branches)

nndyn_basin_branches_shape(branches, values, count, dimension) =
    ccall(symbol(:nndyn_basin_branches_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), branches, values,
        count, dimension)

nndyn_basin_branches_at(branches, index, capacity, ids, periods, moved, count) =
    ccall(symbol(:nndyn_basin_branches_at), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Int64}), branches, index, capacity, ids,
        periods, moved, count)

nndyn_basin_branches_points(branches, index, branch, capacity, points, period) =
    ccall(symbol(:nndyn_basin_branches_points), Cint, (Ptr{Cvoid}, Int64, Int64, Int64, Ptr{Cdouble}, Ptr{Int64}),
        branches, index, branch, capacity, points, period)

nndyn_basin_branches_fractions(branches, branch, capacity, fraction, low, high, count) =
    ccall(symbol(:nndyn_basin_branches_fractions), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), branches, branch, capacity,
        fraction, low, high, count)

nndyn_basin_branches_events(branches, capacity, kinds, indices, ids, count) =
    ccall(symbol(:nndyn_basin_branches_events), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Cint}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), branches, capacity, kinds, indices, ids,
        count)

nndyn_basin_entropy(context, axes, counts, labels, options, values) =
    ccall(symbol(:nndyn_basin_entropy), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cvoid}, Ptr{Cdouble}),
        context, axes, counts, labels, options, values)

nndyn_basin_uncertainty(context, axes, counts, labels, scales, fractions, exponent, error) =
    ccall(symbol(:nndyn_basin_uncertainty), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}), context, axes,
        counts, labels, scales, fractions, exponent, error)

nndyn_sweep_create(context, options, out) =
    ccall(symbol(:nndyn_sweep_create), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, options, out)

nndyn_sweep_free(sweep) =
    ccall(symbol(:nndyn_sweep_free), Cvoid, (Ptr{Cvoid},), sweep)

nndyn_sweep_add_axis(sweep, name, count, values) =
    ccall(symbol(:nndyn_sweep_add_axis), Cint, (Ptr{Cvoid}, Cstring, Int64, Ptr{Cdouble}), sweep, name, count, values)

nndyn_sweep_set_seeds(sweep, first, count) =
    ccall(symbol(:nndyn_sweep_set_seeds), Cint, (Ptr{Cvoid}, Int64, Int64), sweep, first, count)

nndyn_sweep_set_cell(sweep, columns, cell, user) =
    ccall(symbol(:nndyn_sweep_set_cell), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cvoid}, Ptr{Cvoid}), sweep, columns, cell,
        user)

nndyn_sweep_set_training(sweep, train, test, options) =
    ccall(symbol(:nndyn_sweep_set_training), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}), sweep, train, test,
        options)

nndyn_sweep_run(sweep, options, failed) =
    ccall(symbol(:nndyn_sweep_run), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), sweep, options, failed)

nndyn_sweep_forecast(sweep, cells, bytes, flops, total) =
    ccall(symbol(:nndyn_sweep_forecast), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), sweep,
        cells, bytes, flops, total)

nndyn_sweep_shape(sweep, axes, points, seeds, cells, columns) =
    ccall(symbol(:nndyn_sweep_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}),
        sweep, axes, points, seeds, cells, columns)

nndyn_sweep_name(sweep, number, capacity, text, length) =
    ccall(symbol(:nndyn_sweep_name), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{UInt8}, Ptr{Int64}), sweep, number, capacity,
        text, length)

nndyn_sweep_axis(sweep, axis, count, values) =
    ccall(symbol(:nndyn_sweep_axis), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}), sweep, axis, count, values)

nndyn_sweep_parameters(sweep, cell, values, seed) =
    ccall(symbol(:nndyn_sweep_parameters), Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Int64}), sweep, cell, values,
        seed)

nndyn_sweep_status(sweep, cell, done, status, capacity, text) =
    ccall(symbol(:nndyn_sweep_status), Cint, (Ptr{Cvoid}, Int64, Ptr{Cint}, Ptr{Cint}, Int64, Ptr{UInt8}), sweep, cell,
        done, status, capacity, text)

nndyn_sweep_rows(sweep, first, count, rows) =
    ccall(symbol(:nndyn_sweep_rows), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}), sweep, first, count, rows)

nndyn_sweep_get_row(sweep, cell, columns, row, status) =
    ccall(symbol(:nndyn_sweep_get_row), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cint}), sweep, cell, columns,
        row, status)

nndyn_sweep_set_row(sweep, cell, columns, row, status) =
    ccall(symbol(:nndyn_sweep_set_row), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Cint), sweep, cell, columns, row,
        status)

nndyn_sweep_merge(sweep, path, taken) =
    ccall(symbol(:nndyn_sweep_merge), Cint, (Ptr{Cvoid}, Cstring, Ptr{Int64}), sweep, path, taken)

nndyn_sweep_write_csv(sweep, path) =
    ccall(symbol(:nndyn_sweep_write_csv), Cint, (Ptr{Cvoid}, Cstring), sweep, path)

nndyn_sweep_summary(sweep, means, errors, counts) =
    ccall(symbol(:nndyn_sweep_summary), Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Int64}), sweep, means,
        errors, counts)

nndyn_sweep_advice(sweep, axis, options, straightest, directions, values) =
    ccall(symbol(:nndyn_sweep_advice), Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ptr{Int64}, Ptr{Cint}, Ptr{Cdouble}),
        sweep, axis, options, straightest, directions, values)

nndyn_width_scan_create(context, count, widths, runs, options, out) =
    ccall(symbol(:nndyn_width_scan_create), Cint,
        (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), context, count, widths, runs, options,
        out)

nndyn_width_scan_free(scan) =
    ccall(symbol(:nndyn_width_scan_free), Cvoid, (Ptr{Cvoid},), scan)

nndyn_width_scan_set_network(scan, inputs, outputs, options) =
    ccall(symbol(:nndyn_width_scan_set_network), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cvoid}), scan, inputs, outputs,
        options)

nndyn_width_scan_set_factory(scan, factory, user) =
    ccall(symbol(:nndyn_width_scan_set_factory), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}), scan, factory, user)

nndyn_width_scan_set_measurement(scan, columns, measure, user) =
    ccall(symbol(:nndyn_width_scan_set_measurement), Cint, (Ptr{Cvoid}, Cstring, Ptr{Cvoid}, Ptr{Cvoid}), scan, columns,
        measure, user)

nndyn_width_scan_run(scan, options, failed) =
    ccall(symbol(:nndyn_width_scan_run), Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Int64}), scan, options, failed)

nndyn_width_scan_merge(scan, path, taken) =
    ccall(symbol(:nndyn_width_scan_merge), Cint, (Ptr{Cvoid}, Cstring, Ptr{Int64}), scan, path, taken)

nndyn_width_scan_forecast(scan, runs, bytes) =
    ccall(symbol(:nndyn_width_scan_forecast), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}), scan, runs, bytes)

nndyn_width_scan_shape(scan, widths, runs, columns) =
    ccall(symbol(:nndyn_width_scan_shape), Cint, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Int64}, Ptr{Int64}), scan, widths, runs,
        columns)

nndyn_width_scan_name(scan, column, capacity, text, length) =
    ccall(symbol(:nndyn_width_scan_name), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{UInt8}, Ptr{Int64}), scan, column,
        capacity, text, length)

nndyn_width_scan_samples(scan, column, counts, values) =
    ccall(symbol(:nndyn_width_scan_samples), Cint, (Ptr{Cvoid}, Int64, Ptr{Int64}, Ptr{Cdouble}), scan, column, counts,
        values)

nndyn_width_scan_exponent(scan, column, quantiles, levels, options, out) =
    ccall(symbol(:nndyn_width_scan_exponent), Cint,
        (Ptr{Cvoid}, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), scan, column, quantiles, levels, options,
        out)

nndyn_width_scan_status(scan, width, run, done, status, capacity, text) =
    ccall(symbol(:nndyn_width_scan_status), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Cint}, Ptr{Cint}, Int64, Ptr{UInt8}),
        scan, width, run, done, status, capacity, text)

nndyn_width_scan_network(scan, width, run, seed, out) =
    ccall(symbol(:nndyn_width_scan_network), Cint, (Ptr{Cvoid}, Int64, Int64, Ptr{Int64}, Ptr{Ptr{Cvoid}}), scan, width,
        run, seed, out)

# ---- end of declarations ---------------------------------------------------------------------------------------------

# ---- the library -----------------------------------------------------------------------------------------------------

function candidates()
    haskey(ENV, "NNDYN_LIBRARY") && return [ENV["NNDYN_LIBRARY"]]
    soname = "libnndyn.so." * (HEADERS.major == 0 ? "0.$(HEADERS.minor)" : string(HEADERS.major))
    names = ["libnndyn.so", soname, "libnndyn.dylib"]
    places = [@__DIR__, joinpath(@__DIR__, "..", "lib"), joinpath(@__DIR__, "..", "..", "lib")]
    return [filter(isfile, [joinpath(place, name) for place in places for name in names]); names]
end

function __init__()
    for name in candidates()
        handle = Libdl.dlopen(name; throw_error = false)
        if handle !== nothing
            LIBRARY[] = handle
            break
        end
    end
    LIBRARY[] == C_NULL && error("libnndyn was not found; set NNDYN_LIBRARY to its path")
    found = version()
    newer = found.major == HEADERS.major && found.minor >= HEADERS.minor
    fits = HEADERS.major == 0 ? (newer && found.minor == HEADERS.minor) : newer
    fits || error("libnndyn is version $found; this module was made for $HEADERS")
end

"Version of the library that is running."
function version()
    number = nndyn_version()
    return VersionNumber(number ÷ 10000, number ÷ 100 % 100, number % 100)
end

status_name(status) = unsafe_string(nndyn_status_name(status))
status_text(status) = unsafe_string(nndyn_status_text(status))
activation_name(kind) = unsafe_string(nndyn_activation_name(kind))
loss_name(kind) = unsafe_string(nndyn_loss_name(kind))

"One line for bug reports."
function build_info()
    length = Ref{Int64}(0)
    check(nothing, nndyn_build_info(0, C_NULL, length))
    text = zeros(UInt8, length[] + 1)
    check(nothing, nndyn_build_info(Base.length(text), text, C_NULL))
    return String(text[1:end-1])
end

# ---- failure and handles ---------------------------------------------------------------------------------------------

"A call failed: the library's code and its sentence."
struct Failure <: Exception
    status::Cint
    message::String
end

Base.showerror(io::IO, e::Failure) = print(io, status_name(e.status), ": ", e.message)

"A callback's function, and the exception it raised; its address is what C hands back as `user`."
mutable struct Callback
    call::Any
    exception::Any
end

Callback(call) = Callback(call, nothing)

"A handle of the library; what its callbacks need stays alive in `keep`, and what it was made of is its `parent`."
abstract type Handle end

macro handle(name, release)
    return esc(quote
        mutable struct $name <: Handle
            pointer::Ptr{Cvoid}
            keep::Vector{Any}
            parent::Any
            function $name(pointer::Ptr{Cvoid}, parent = nothing)
                handle = new(pointer, parent === nothing ? Any[] : Any[parent.keep], parent)
                finalizer(free!, handle)
                return handle
            end
        end
        # Finalizers run in any order and on any thread; the library asks for no more than that it be called once.
        function free!(handle::$name)
            pointer, handle.pointer = handle.pointer, C_NULL
            pointer == C_NULL || $release(pointer)
            return nothing
        end
    end)
end

@handle Context nndyn_context_free
@handle Options nndyn_options_free
@handle Operator nndyn_operator_free
@handle PowerlawStream nndyn_powerlaw_stream_free
@handle PowerlawFit nndyn_powerlaw_fit_free
@handle WidthExponent nndyn_width_exponent_free
@handle Dataset nndyn_dataset_free
@handle Batches nndyn_batches_free
@handle Network nndyn_network_free
@handle Equilibrium nndyn_equilibrium_free
@handle Trainer nndyn_trainer_free
@handle Recorder nndyn_recorder_free
@handle Fluctuations nndyn_fluctuations_free
@handle Sweep nndyn_sweep_free
@handle WidthScan nndyn_width_scan_free
@handle StateMap nndyn_map_free
@handle Recurrent nndyn_recurrent_free
@handle FixedPoints nndyn_fixed_points_free
@handle BasinMap nndyn_basin_map_free
@handle Linearized nndyn_linearized_free
@handle BasinBranches nndyn_basin_branches_free
@handle SpringBlock nndyn_springblock_free
@handle SpringBlockFit nndyn_springblock_fit_free
@handle Substitution nndyn_substitution_free
@handle Ranks nndyn_ranks_free
@handle Correlations nndyn_correlations_free
@handle SeparationStream nndyn_separation_stream_free
@handle Basin nndyn_basin_free
@handle BasinReturns nndyn_basin_returns_free

Base.unsafe_convert(::Type{Ptr{Cvoid}}, handle::Handle) = handle.pointer

"Release a handle now; it would be released by the garbage collector."
free!

"The library's sentence about the last failure on a handle."
message(handle) = unsafe_string(nndyn_message(handle))

callbacks(keep::Vector{Any}) = Iterators.flatten(k isa Vector{Any} ? callbacks(k) : (k,) for k in keep)
callbacks(::Nothing) = ()
callbacks(handle::Handle) = callbacks(handle.keep)

"Throws unless the status is good: a callback's own exception if there is one, else the library's sentence."
function check(handle, status)
    status >= 0 && return nothing
    for callback in callbacks(handle)
        if callback isa Callback && callback.exception !== nothing
            exception, callback.exception = callback.exception, nothing
            throw(exception)
        end
    end
    text = handle === nothing ? "" : message(handle)
    throw(Failure(status, isempty(text) ? status_text(status) : text))
end

"Runs a callback's function; its exception is kept for the call that ran it."
function guarded(user::Ptr{Cvoid}, arguments...)
    callback = unsafe_pointer_to_objref(user)::Callback
    try
        return Cint(callback.call(arguments...))
    catch exception
        callback.exception = exception
        return Cint(1)
    end
end

function created(make, owner)
    out = Ref{Ptr{Cvoid}}(C_NULL)
    check(owner, make(out))
    return out[]
end

const DEFAULT = Ref{Union{Nothing,Context}}(nothing)

"The context of what is made without naming one."
function default_context()
    DEFAULT[] === nothing && (DEFAULT[] = Context())
    return DEFAULT[]
end

option!(o, name, value::AbstractString) = check(o, nndyn_options_set_text(o, name, value))
option!(o, name, value::Integer) = check(o, nndyn_options_set_integer(o, name, value))
option!(o, name, value::Real) = check(o, nndyn_options_set_double(o, name, value))

function Options(context::Context = default_context(); values...)
    options = Options(created(out -> nndyn_options_create(context, out), context), context)
    for (name, value) in values
        option!(options, String(name), value)
    end
    return options
end

"Keyword arguments as options for one call; NULL if there are none. Options may be of any context."
with_options(values) = isempty(values) ? C_NULL : Options(; values...)

# ---- arrays ----------------------------------------------------------------------------------------------------------

"A dense array of the element type the library wants, converted only if it must be, with its size checked."
function dense_array(::Type{T}, value, name, wanted...) where {T}
    size(value) == wanted || throw(DimensionMismatch("$name has size $(size(value)); $wanted is needed"))
    return convert(Array{T}, value)
end

maybe_array(T, ::Nothing, name, wanted...) = C_NULL
maybe_array(T, value, name, wanted...) = dense_array(T, value, name, wanted...)

element(dtype) = dtype == F32 ? Float32 : Float64
kind_of(::Type{Float32}) = F32
kind_of(::Type{Float64}) = F64

# ---- context ---------------------------------------------------------------------------------------------------------

"""
    Context(; seed, threads, memory_limit, kernels)

Allocator, seed, threads, progress and cancellation of the handles made from it.
"""
function Context(; seed = nothing, threads = nothing, memory_limit = nothing, kernels = nothing)
    context = Context(created(nndyn_context_create, nothing))
    seed === nothing || check(context, nndyn_context_set_seed(context, seed))
    threads === nothing || check(context, nndyn_context_set_threads(context, threads))
    memory_limit === nothing || check(context, nndyn_context_set_memory_limit(context, memory_limit))
    kernels === nothing || check(context, nndyn_context_set_kernels(context, kernels))
    return context
end

"""
    Context(allocate, release, user)

A context over C functions, as pointers: a function of Julia may not be called from the threads that allocate.
"""
Context(allocate::Ptr{Cvoid}, release::Ptr{Cvoid}, user::Ptr{Cvoid}) =
    Context(created(out -> nndyn_context_create_with_allocator(allocate, release, user, out), nothing))

progress_callback(user::Ptr{Cvoid}, task::Cstring, fraction::Cdouble) = guarded(user, unsafe_string(task), fraction)

"`progress(task, fraction)` is told how far long calls have come; `true` stops the call. `nothing` for none."
function progress!(context::Context, progress)
    if progress === nothing
        return check(context, nndyn_context_set_progress(context, C_NULL, C_NULL))
    end
    callback = Callback(progress)
    push!(context.keep, callback)
    run = @cfunction(progress_callback, Cint, (Ptr{Cvoid}, Cstring, Cdouble))
    return check(context, nndyn_context_set_progress(context, run, pointer_from_objref(callback)))
end

executor_callback(user::Ptr{Cvoid}, work::Ptr{Cvoid}, job::Ptr{Cvoid}, count::Int64) =
    guarded(user, index -> ccall(work, Cvoid, (Ptr{Cvoid}, Int64), job, index), count)

"`run(work, count)` calls `work(i)` once for each i in 0..count-1, on any threads, and returns 0 when all are done."
function executor!(context::Context, run)
    if run === nothing
        return check(context, nndyn_context_set_executor(context, C_NULL, C_NULL))
    end
    callback = Callback(run)
    push!(context.keep, callback)
    address = @cfunction(executor_callback, Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64))
    return check(context, nndyn_context_set_executor(context, address, pointer_from_objref(callback)))
end

"Stop the long calls now running on handles of a context; from any thread."
cancel(context::Context) = check(context, nndyn_context_cancel(context))

# ---- operators -------------------------------------------------------------------------------------------------------

forward_callback(user::Ptr{Cvoid}, x::Ptr{Cdouble}, y::Ptr{Cdouble}) = guarded(user, 1, x, y)
backward_callback(user::Ptr{Cvoid}, y::Ptr{Cdouble}, x::Ptr{Cdouble}) = guarded(user, 2, y, x)

"`call(x)` returns the product, a vector; written to memory of the library."
function product!(call, given, from, out, to)
    values = call(copy(unsafe_wrap(Array, given, from)))
    copyto!(unsafe_wrap(Array, out, to), dense_array(Float64, values, "the product", to))
    return 0
end

"""
    Operator(rows, columns, apply, apply_transposed = nothing)

A linear map known by its products; without the second one it is symmetric.
"""
function Operator(rows::Integer, columns::Integer, apply, apply_transposed = nothing; context = default_context())
    # C has one `user` for both products: the function it is called through says which one is meant.
    both = Callback() do way, given, out
        return way == 1 ? product!(apply, given, columns, out, rows) :
               product!(apply_transposed, given, rows, out, columns)
    end
    one = @cfunction(forward_callback, Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}))
    two = @cfunction(backward_callback, Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Ptr{Cdouble}))
    apply_transposed === nothing && (two = C_NULL)
    user = pointer_from_objref(both)
    pointer = created(out -> nndyn_operator_create(context, rows, columns, one, two, user, out), context)
    operator = Operator(pointer, context)
    push!(operator.keep, both)
    return operator
end

function shape(op::Operator)
    rows, columns, symmetric = Ref{Int64}(0), Ref{Int64}(0), Ref{Cint}(0)
    check(op, nndyn_operator_shape(op, rows, columns, symmetric))
    return (rows = rows[], columns = columns[], symmetric = symmetric[] == 1)
end

Base.size(op::Operator) = (shape(op).rows, shape(op).columns)

function apply(op::Operator, x)
    rows, columns = size(op)
    y = zeros(rows)
    check(op, nndyn_operator_apply(op, dense_array(Float64, x, "x", columns), y))
    return y
end

function apply_transposed(op::Operator, y)
    rows, columns = size(op)
    x = zeros(columns)
    check(op, nndyn_operator_apply_transposed(op, dense_array(Float64, y, "y", rows), x))
    return x
end

Base.:*(op::Operator, x::AbstractVector) = apply(op, x)

"The largest singular values, with vectors as columns: `(s, u, v, residuals)`."
function singular_values(op::Operator, count; options...)
    rows, columns = size(op)
    s, u, v, residuals = zeros(count), zeros(rows, count), zeros(columns, count), zeros(count)
    check(op, nndyn_singular_values(op, count, with_options(options), s, u, v, residuals))
    return (s = s, u = u, v = v, residuals = residuals)
end

"Eigenpairs of a symmetric operator, vectors as columns: `(values, vectors, residuals, converged)`."
function eigenpairs(op::Operator, count; options...)
    values, vectors, residuals = zeros(count), zeros(size(op)[1], count), zeros(count)
    converged = zeros(Cint, count)
    check(op, nndyn_eigenpairs(op, count, with_options(options), values, vectors, residuals, converged))
    return (values = values, vectors = vectors, residuals = residuals, converged = converged .!= 0)
end

"The eigenvalues of largest modulus of a square operator: `(values, residuals, converged)`."
function eigenvalues(op::Operator, count; options...)
    re, im, residuals, converged = zeros(count), zeros(count), zeros(count), zeros(Cint, count)
    check(op, nndyn_eigenvalues(op, count, with_options(options), re, im, residuals, converged))
    return (values = complex.(re, im), residuals = residuals, converged = converged .!= 0)
end

"Density of a symmetric operator's spectrum: `(grid, density, error)`."
function spectral_density(op::Operator, points; options...)
    grid, density, error = zeros(points), zeros(points), zeros(points)
    check(op, nndyn_spectral_density(op, points, with_options(options), grid, density, error))
    return (grid = grid, density = density, error = error)
end

"Nodes and weights whose sums are means over a symmetric operator's spectrum."
function spectral_quadrature(op::Operator; options...)
    capacity = max(size(op)[1], get(options, :probes, 10) * get(options, :steps, 80))
    nodes, weights, count = zeros(capacity), zeros(capacity), Ref{Int64}()
    check(op, nndyn_spectral_quadrature(op, capacity, with_options(options), nodes, weights, count))
    return (nodes = nodes[1:count[]], weights = weights[1:count[]])
end

"Trace of a square operator and its standard error."
function trace(op::Operator; options...)
    value, error = Ref{Cdouble}(), Ref{Cdouble}()
    check(op, nndyn_trace(op, with_options(options), value, error))
    return (trace = value[], error = error[])
end

# ---- power laws ------------------------------------------------------------------------------------------------------

"One number each of the types from a function that writes them by pointer."
function numbers_of(run, handle, types...)
    out = map(T -> Ref{T}(zero(T)), types)
    check(handle, run(out...))
    return map(r -> r[], out)
end

"Estimates of a power law on the window [xmin, xmax] from any number of samples, in constant memory."
function PowerlawStream(xmin::Real, xmax::Real, bins::Integer = 30; context = default_context())
    pointer = created(out -> nndyn_powerlaw_stream_create(context, xmin, xmax, bins, out), context)
    return PowerlawStream(pointer, context)
end

function add!(stream::PowerlawStream, x::AbstractArray{Float32})
    values = dense_array(Float32, vec(x), "x", length(x))
    check(stream, nndyn_powerlaw_stream_add_f32(stream, length(values), values))
    return stream
end

function add!(stream::PowerlawStream, x::AbstractArray)
    values = dense_array(Float64, vec(x), "x", length(x))
    check(stream, nndyn_powerlaw_stream_add(stream, length(values), values))
    return stream
end

function merge!(stream::PowerlawStream, other::PowerlawStream)
    check(stream, nndyn_powerlaw_stream_merge(stream, other))
    return stream
end

clear!(stream::PowerlawStream) = check(stream, nndyn_powerlaw_stream_clear(stream))

function counts(stream::PowerlawStream)
    inside, zeros_, below, above, nonfinite =
        numbers_of((o...) -> nndyn_powerlaw_stream_counts(stream, o...), stream, ntuple(i -> Int64, 5)...)
    return (inside = inside, zeros = zeros_, below = below, above = above, nonfinite = nonfinite)
end

"Exponent and standard error by maximum likelihood: `(k, se)`."
exponent(s::PowerlawStream) = numbers_of((o...) -> nndyn_powerlaw_stream_exponent(s, o...), s, Cdouble, Cdouble)
"The same from the histogram."
binned(s::PowerlawStream) = numbers_of((o...) -> nndyn_powerlaw_stream_binned(s, o...), s, Cdouble, Cdouble)
"The score of the test of curvature: standard normal under a power law."
curvature(s::PowerlawStream) = numbers_of(o -> nndyn_powerlaw_stream_curvature(s, o), s, Cdouble)[1]
"Line through the histogram, for plots: `(k, ln of the density at 1, se)`."
slope(s::PowerlawStream) = numbers_of((o...) -> nndyn_powerlaw_stream_slope(s, o...), s, Cdouble, Cdouble, Cdouble)

function histogram(stream::PowerlawStream, bins::Integer)
    edges, hits, densities = zeros(bins + 1), zeros(Int64, bins), zeros(bins)
    check(stream, nndyn_powerlaw_stream_histogram(stream, edges, hits, densities))
    return (edges = edges, counts = hits, densities = densities)
end

"A power law fitted to samples, by default with the x_min of the smallest Kolmogorov-Smirnov distance."
function PowerlawFit(x::AbstractVector; context = default_context(), options...)
    values, o = dense_array(Float64, x, "x", length(x)), with_options(options)
    pointer = created(out -> nndyn_powerlaw_fit_create(context, length(values), values, o, out), context)
    return PowerlawFit(pointer, context)
end

"Exponent and standard error: `(k, se)`."
exponent(fit::PowerlawFit) = numbers_of((o...) -> nndyn_powerlaw_fit_exponent(fit, o...), fit, Cdouble, Cdouble)
"`(xmin, xmax, samples inside)`"
window(fit::PowerlawFit) = numbers_of((o...) -> nndyn_powerlaw_fit_window(fit, o...), fit, Cdouble, Cdouble, Int64)
"`(positive, zeros, nonfinite, distinct)`"
counts(fit::PowerlawFit) = numbers_of((o...) -> nndyn_powerlaw_fit_counts(fit, o...), fit, ntuple(i -> Int64, 4)...)
distance(fit::PowerlawFit) = numbers_of(o -> nndyn_powerlaw_fit_distance(fit, o), fit, Cdouble)[1]
curvature(fit::PowerlawFit) = numbers_of(o -> nndyn_powerlaw_fit_curvature(fit, o), fit, Cdouble)[1]

"All candidates of a fit made with `curve = 1`."
function curve(fit::PowerlawFit)
    n = numbers_of(o -> nndyn_powerlaw_fit_curve(fit, 0, C_NULL, C_NULL, C_NULL, C_NULL, o), fit, Int64)[1]
    ends, exponents, distances, inside = zeros(n), zeros(n), zeros(n), zeros(Int64, n)
    check(fit, nndyn_powerlaw_fit_curve(fit, n, ends, exponents, distances, inside, Ref{Int64}(0)))
    return (ends = ends, exponents = exponents, distances = distances, inside = inside)
end

"Vuong's test against `POWERLAW_EXPONENTIAL`, `_LOGNORMAL`, `_STRETCHED` or `_TRUNCATED`."
function compare(fit::PowerlawFit, alternative::Integer)
    parameters, ratio, normalized, p = zeros(2), Ref{Cdouble}(0), Ref{Cdouble}(0), Ref{Cdouble}(0)
    check(fit, nndyn_powerlaw_compare(fit, alternative, parameters, ratio, normalized, p))
    return (parameters = parameters, ratio = ratio[], normalized = normalized[], p = p[])
end

"The share of synthetic data sets further from their fit than the data, and the distances of all."
function goodness(fit::PowerlawFit, replicas::Integer = 2500; seed::Integer = 0)
    p, distances = Ref{Cdouble}(0), zeros(replicas)
    check(fit, nndyn_powerlaw_goodness(fit, replicas, seed, p, distances))
    return (p = p[], distances = distances)
end

function estimate(run, x, context, options, outputs)
    values, o = dense_array(Float64, x, "x", length(x)), with_options(options)
    return numbers_of((out...) -> run(length(values), values, o, out...), context, ntuple(i -> Cdouble, outputs)...)
end

powerlaw_bounded(x, xmin, xmax; context = default_context(), options...) =
    estimate((n, v, o, r...) -> nndyn_powerlaw_bounded(context, n, v, xmin, xmax, o, r...), x, context, options, 2)
powerlaw_tail(x, xmin; context = default_context(), options...) =
    estimate((n, v, o, r...) -> nndyn_powerlaw_tail(context, n, v, xmin, o, r...), x, context, options, 2)
powerlaw_distance(x, k, xmin, xmax = Inf; context = default_context(), options...) =
    estimate((n, v, o, r) -> nndyn_powerlaw_distance(context, n, v, xmin, xmax, k, o, r), x, context, options, 1)[1]
powerlaw_curvature(x, xmin, xmax = Inf; context = default_context(), options...) =
    estimate((n, v, o, r) -> nndyn_powerlaw_curvature(context, n, v, xmin, xmax, o, r), x, context, options, 1)[1]
powerlaw_effective_size(x, xmin, xmax = Inf; context = default_context(), options...) =
    estimate(x, context, options, 2) do n, v, o, r...
        nndyn_powerlaw_effective_size(context, n, v, xmin, xmax, o, r...)
    end
powerlaw_interval(x, xmin, xmax = Inf; replicas = 1000, seed = 0, context = default_context(), options...) =
    estimate(x, context, options, 3) do n, v, o, r...
        nndyn_powerlaw_interval(context, n, v, xmin, xmax, replicas, seed, o, r...)
    end

"Distance and probability of the two-sample Kolmogorov-Smirnov test."
function ks_two_sample(x, y; context = default_context())
    a, b = dense_array(Float64, x, "x", length(x)), dense_array(Float64, y, "y", length(y))
    run(d, p) = nndyn_ks_two_sample(context, length(a), a, length(b), b, d, p)
    return numbers_of(run, context, Cdouble, Cdouble)
end

# ---- asymptotics -----------------------------------------------------------------------------------------------------

function injective_norm_of(run, dims, options)
    slots, vectors, o = collect(Int64, reverse(dims)), zeros(sum(dims)), with_options(options)
    lower, upper, agreeing = Ref{Cdouble}(0), Ref{Cdouble}(0), Ref{Int64}(0)
    run(length(slots), slots, o, lower, upper, agreeing, vectors)
    ends = cumsum(slots)
    parts = [vectors[ends[a]-slots[a]+1:ends[a]] for a in length(slots):-1:1]
    return (lower = lower[], upper = upper[], agreeing = agreeing[], vectors = parts)
end

"Bounds of the largest value of a tensor on unit vectors, one a slot, and the vectors of the lower one.  Slots are in
Julia's order, so `symmetric` counts the first ones."
function injective_norm(tensor::AbstractArray; context = default_context(), options...)
    x = dense_array(Float64, tensor, "tensor", size(tensor)...)
    return injective_norm_of(size(x), options) do order, dims, o, lower, upper, agreeing, vectors
        check(context, nndyn_injective_norm(context, order, dims, x, o, lower, upper, agreeing, vectors))
    end
end

"The same of a tensor of these sizes whose entries are vectors with these inner products."
function injective_norm_gram(gram::AbstractMatrix, sizes; context = default_context(), options...)
    g = dense_array(Float64, gram, "gram", prod(sizes), prod(sizes))
    return injective_norm_of(Tuple(sizes), options) do order, dims, o, lower, upper, agreeing, vectors
        check(context, nndyn_injective_norm_gram(context, order, dims, g, o, lower, upper, agreeing, vectors))
    end
end

"Exponents p of size ~ n^p from samples at several widths; `samples` has one vector for each width."
function WidthExponent(widths, samples; levels = Float64[], context = default_context(), options...)
    n, o = dense_array(Float64, widths, "widths", length(samples)), with_options(options)
    counts, values = Int64[length(x) for x in samples], Float64[x for part in samples for x in part]
    q = isempty(levels) ? C_NULL : dense_array(Float64, levels, "levels", length(levels))
    create(out) = nndyn_width_exponent_create(context, length(n), n, counts, values, length(levels), q, o, out)
    return WidthExponent(created(create, context), context)
end

"`EXPONENT_CONSISTENT`, `EXPONENT_SPLIT`, `EXPONENT_CURVED` or `EXPONENT_INSUFFICIENT`."
verdict(e::WidthExponent) = numbers_of(o -> nndyn_width_exponent_verdict(e, o), e, Cint)[1]
"The exponent to quote: `(p, se, low, high, statistic, model)`."
quoted(e::WidthExponent) =
    numbers_of((o...) -> nndyn_width_exponent_quote(e, o...), e, ntuple(i -> Cdouble, 4)..., Int64, Cint)
"`(widths, statistics)`"
counts(e::WidthExponent) = numbers_of((o...) -> nndyn_width_exponent_counts(e, o...), e, Int64, Int64)
"Level of a quantile (0: root mean square), and whether enough samples lie above it."
statistic(e::WidthExponent, s) =
    numbers_of((o...) -> nndyn_width_exponent_statistic(e, s, o...), e, Cdouble, Cint)
"`(p, se, low, high)` of one statistic by one model; 0: the preferred one."
exponent(e::WidthExponent, s = 0, model = 0) =
    numbers_of((o...) -> nndyn_width_exponent_value(e, s, model, o...), e, ntuple(i -> Cdouble, 4)...)
"`(a, c, chi squared, degrees of freedom)` of the same fit."
fitted(e::WidthExponent, s = 0, model = 0) =
    numbers_of((o...) -> nndyn_width_exponent_fit(e, s, model, o...), e, Cdouble, Cdouble, Cdouble, Int64)
"The derivative of the local slope by ln n, and its standard error."
trend(e::WidthExponent, s = 0) = numbers_of((o...) -> nndyn_width_exponent_trend(e, s, o...), e, Cdouble, Cdouble)
"The two reliable statistics whose powers differ most: `(first, second, difference, se)`."
spread(e::WidthExponent) =
    numbers_of((o...) -> nndyn_width_exponent_spread(e, o...), e, Int64, Int64, Cdouble, Cdouble)

function points(e::WidthExponent, s = 0)
    widths, values, errors = ntuple(i -> zeros(counts(e)[1]), 3)
    check(e, nndyn_width_exponent_points(e, s, widths, values, errors))
    return (widths = widths, values = values, errors = errors)
end

"Slopes between neighboring widths."
function slopes(e::WidthExponent, s = 0)
    at, values, errors = ntuple(i -> zeros(counts(e)[1] - 1), 3)
    check(e, nndyn_width_exponent_slopes(e, s, at, values, errors))
    return (at = at, slopes = values, errors = errors)
end

# ---- data ------------------------------------------------------------------------------------------------------------

"""
    Dataset(x, t)
    Dataset(x; labels, classes)

Samples in columns: inputs `inputs x n` with targets `targets x n`, with labels from 0, or alone. Copied.
"""
function Dataset(x::Matrix{T}, t = nothing; labels = nothing, classes = 0, context = default_context()) where {T}
    inputs, n = size(x)
    single = T == Float32
    x = single ? x : convert(Matrix{Float64}, x)
    if labels !== nothing
        l = dense_array(Int64, labels, "labels", n)
        k = classes > 0 ? classes : max(2, maximum(l) + 1)
        make = single ? nndyn_dataset_create_labels_f32 : nndyn_dataset_create_labels
        return Dataset(created(out -> make(context, n, inputs, x, k, l, 1, out), context), context)
    end
    targets = t === nothing ? 0 : size(t, 1)
    t = maybe_array(eltype(x), t, "t", targets, n)
    make = single ? nndyn_dataset_create_f32 : nndyn_dataset_create
    return Dataset(created(out -> make(context, n, inputs, x, targets, t, 1, out), context), context)
end

"From IDX files (the format of MNIST)."
function read_idx(images, labels = nothing; context = default_context(), options...)
    o, path = with_options(options), labels === nothing ? C_NULL : labels
    return Dataset(created(out -> nndyn_dataset_read_idx(context, images, path, o, out), context), context)
end

"From a text table of numbers."
function read_csv(path; context = default_context(), options...)
    o = with_options(options)
    return Dataset(created(out -> nndyn_dataset_read_csv(context, path, o, out), context), context)
end

function shape(data::Dataset)
    samples, inputs, targets, classes = (Ref{Int64}(0) for _ in 1:4)
    dtype = Ref{Cint}(0)
    check(data, nndyn_dataset_shape(data, samples, inputs, targets, classes, dtype))
    return (samples = samples[], inputs = inputs[], targets = targets[], classes = classes[], type = element(dtype[]))
end

"`(x, t, labels)` of a range of samples, counted from 0; labels are `nothing` if the data have none."
function rows(data::Dataset, first = 0, count = shape(data).samples - first)
    s = shape(data)
    x, t = zeros(s.inputs, count), zeros(s.targets, count)
    labels = s.classes > 0 ? zeros(Int64, count) : nothing
    check(data, nndyn_dataset_get(data, first, count, x, s.targets > 0 ? t : C_NULL, something(labels, C_NULL)))
    return (x = x, t = t, labels = labels)
end

"Chosen samples, numbered from 0."
function select(data::Dataset, rows)
    r = convert(Vector{Int64}, rows)
    return Dataset(created(out -> nndyn_dataset_select(data, length(r), r, out), data), data)
end

"A copy in the precision T, Float32 or Float64."
converted(data::Dataset, ::Type{T}) where {T} =
    Dataset(created(out -> nndyn_dataset_convert(data, kind_of(T), out), data), data)

"Inputs as (x - mean) / deviation of `reference`."
standardize(data::Dataset, reference::Dataset = data) =
    Dataset(created(out -> nndyn_dataset_standardize(data, reference, out), data), data)

"Images of `channels` planes of height x width numbers, row by row, at the size new_height x new_width."
function resize(data::Dataset, channels, height, width, new_height, new_width; options...)
    o = with_options(options)
    return Dataset(
        created(data) do out
            nndyn_dataset_resize(data, channels, height, width, new_height, new_width, o, out)
        end,
        data,
    )
end

"Two data sets, the second with this fraction of the samples."
function Base.split(data::Dataset, fraction::Real; options...)
    first, second = Ref{Ptr{Cvoid}}(C_NULL), Ref{Ptr{Cvoid}}(C_NULL)
    check(data, nndyn_dataset_split(data, fraction, with_options(options), first, second))
    return Dataset(first[], data), Dataset(second[], data)
end

"A rule that turns a data set into batches: `BATCH_FULL`, `BATCH_EPOCHS` or `BATCH_REPLACEMENT`."
function Batches(data::Dataset, kind = BATCH_EPOCHS, size = 1; options...)
    o = with_options(options)
    return Batches(created(out -> nndyn_batches_create(data, kind, size, o, out), data), data)
end

function shape(batches::Batches)
    steps, largest = Ref{Int64}(0), Ref{Int64}(0)
    check(batches, nndyn_batches_shape(batches, steps, largest))
    return (steps = steps[], largest = largest[])
end

"`(x, t)` of batch number `step`, from 0, as copies."
function batch(batches::Batches, step)
    s, n = shape(batches.parent), Ref{Int64}(0)
    x, t = Ref{Ptr{s.type}}(C_NULL), Ref{Ptr{s.type}}(C_NULL)
    get = s.type == Float32 ? nndyn_batches_get_f32 : nndyn_batches_get
    check(batches, get(batches, step, n, x, t))
    copied(from, width) = width == 0 ? zeros(s.type, 0, n[]) : copy(unsafe_wrap(Array, from, (width, n[])))
    return copied(x[], s.inputs), copied(t[], s.targets)
end

# ---- networks --------------------------------------------------------------------------------------------------------

"""
    Network(inputs, T = Float64)

A chain of layers and the loss it is asked to minimize. Functions that add to it return it.
"""
Network(inputs::Integer, ::Type{T} = Float64; context = default_context()) where {T} =
    Network(created(out -> nndyn_network_create(context, kind_of(T), inputs, out), context), context)

load_network(path; context = default_context()) =
    Network(created(out -> nndyn_network_load(context, path, out), context), context)

save(net::Network, path) = check(net, nndyn_network_save(net, path))

function added(net::Network, status)
    check(net, status)
    return net
end

dense!(net::Network, units, activation = IDENTITY; options...) =
    added(net, isempty(options) ? nndyn_network_add_dense(net, units, activation) :
               nndyn_network_add_dense_with(net, units, activation, with_options(options)))

activation!(net::Network, kind; options...) = added(net, nndyn_network_add_activation(net, kind, with_options(options)))
batch_norm!(net::Network; options...) = added(net, nndyn_network_add_batch_norm(net, with_options(options)))
dropout!(net::Network, rate) = added(net, nndyn_network_add_dropout(net, rate))
begin_residual!(net::Network) = added(net, nndyn_network_begin_residual(net))
end_residual!(net::Network) = added(net, nndyn_network_end_residual(net))
initialize!(net::Network, seed) = added(net, nndyn_network_initialize(net, seed))

loss!(net::Network, kind; options...) =
    added(net, isempty(options) ? nndyn_network_set_loss(net, kind) :
               nndyn_network_set_loss_with(net, kind, with_options(options)))

activation_callback(user::Ptr{Cvoid}, order::Cint, count::Int64, z::Ptr{Cdouble}, values::Ptr{Cdouble}) =
    guarded(user, order, unsafe_wrap(Array, z, count), unsafe_wrap(Array, values, count))

"`evaluate(order, z)` returns that derivative at the points z; `order` is the highest it knows."
function custom_activation!(net::Network, evaluate, order)
    callback = Callback() do derivative, z, values
        values .= evaluate(derivative, copy(z))
        return 0
    end
    run = @cfunction(activation_callback, Cint, (Ptr{Cvoid}, Cint, Int64, Ptr{Cdouble}, Ptr{Cdouble}))
    check(net, nndyn_network_add_custom_activation(net, order, run, pointer_from_objref(callback)))
    push!(net.keep, callback)
    return net
end

loss_callback(user::Ptr{Cvoid}, k::Int64, a::Ptr{Cdouble}, t::Ptr{Cdouble}, h::Ptr{Cdouble}, d::Ptr{Cdouble},
    m::Ptr{Cdouble}, e::Ptr{Cdouble}, dt::Ptr{Cdouble}) = guarded(user, k, a, t, (h, d, m, e, dt))

"""
`evaluate(a, t)` of one sample returns `(h, d)`, and with order 2 `(h, d, m, e, dt)`: dh/da, its derivatives with
respect to a and t (row a, column t), and dh/dt.
"""
function custom_loss!(net::Network, evaluate, order)
    callback = Callback() do k, a, t, out
        results = evaluate(copy(unsafe_wrap(Array, a, k)), copy(unsafe_wrap(Array, t, k)))
        for (to, value) in zip(out, results)
            to == C_NULL && continue
            flat = value isa AbstractMatrix ? vec(permutedims(value)) : value isa Number ? [value] : value
            unsafe_wrap(Array, to, length(flat)) .= flat
        end
        return 0
    end
    run = @cfunction(loss_callback, Cint, (Ptr{Cvoid}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble},
        Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}))
    check(net, nndyn_network_set_custom_loss(net, order, run, pointer_from_objref(callback)))
    push!(net.keep, callback)
    return net
end

function shape(net::Network)
    inputs, outputs, layers, parameters = (Ref{Int64}(0) for _ in 1:4)
    dtype = Ref{Cint}(0)
    check(net, nndyn_network_shape(net, inputs, outputs, layers, parameters, dtype))
    return (inputs = inputs[], outputs = outputs[], layers = layers[], parameters = parameters[],
        type = element(dtype[]))
end

"One layer, numbered from 0, with its slice `first, count` of the parameters, also from 0."
function layer(net::Network, number)
    kind, activation = Ref{Cint}(0), Ref{Cint}(0)
    inputs, outputs, first, count = (Ref{Int64}(0) for _ in 1:4)
    check(net, nndyn_network_layer(net, number, kind, activation, inputs, outputs, first, count))
    return (kind = kind[], activation = activation[], inputs = inputs[], outputs = outputs[], first = first[],
        count = count[])
end

function parameters(net::Network)
    values = zeros(shape(net).parameters)
    check(net, nndyn_network_get_parameters(net, length(values), values))
    return values
end

function parameters!(net::Network, values)
    values = dense_array(Float64, values, "parameters", shape(net).parameters)
    return added(net, nndyn_network_set_parameters(net, length(values), values))
end

statistics_length(net) = sum((2 * l.outputs for l in layer.(Ref(net), 0:shape(net).layers-1) if l.kind == BATCH_NORM);
    init = 0)

"Running means and variances of batch norm layers."
function statistics(net::Network)
    values = zeros(statistics_length(net))
    check(net, nndyn_network_get_statistics(net, length(values), values))
    return values
end

function statistics!(net::Network, values)
    values = dense_array(Float64, values, "statistics", statistics_length(net))
    return added(net, nndyn_network_set_statistics(net, length(values), values))
end

Base.copy(net::Network, ::Type{T} = shape(net).type) where {T} =
    Network(created(out -> nndyn_network_copy(net, kind_of(T), out), net), net)

"Outputs (`outputs x n`), in evaluation mode and the network's precision."
function forward(net::Network, x)
    s, n = shape(net), size(x, 2)
    y = zeros(s.type, s.outputs, n)
    run = s.type == Float32 ? nndyn_network_forward_f32 : nndyn_network_forward
    check(net, run(net, n, dense_array(s.type, x, "x", s.inputs, n), y))
    return y
end

"Mean loss and accuracy on a data set; `nothing` where it has no targets, or no labels, for it."
function evaluate(net::Network, data::Dataset)
    s, loss, accuracy = shape(data), Ref{Cdouble}(0), Ref{Cdouble}(0)
    want_loss, want_accuracy = s.targets > 0, s.classes > 0
    check(net, nndyn_network_evaluate(net, data, want_loss ? loss : C_NULL, want_accuracy ? accuracy : C_NULL))
    return (loss = want_loss ? loss[] : nothing, accuracy = want_accuracy ? accuracy[] : nothing)
end

"A derivative of an activation at the points z."
function activation_evaluate(kind, z::AbstractVector; order = 0, context = default_context(), options...)
    points, values = convert(Vector{Float64}, z), zeros(length(z))
    o = with_options(options)
    check(context, nndyn_activation_evaluate(context, kind, o, order, length(points), points, values))
    return values
end

# ---- derivatives -----------------------------------------------------------------------------------------------------

inputs_of(net, x) = dense_array(Float64, x, "x", shape(net).inputs, size(x, 2))
targets_of(net, x, t) = dense_array(Float64, t, "t", shape(net).outputs, size(x, 2))

"`(loss, gradient)` of a batch."
function gradient(net::Network, x, t; options...)
    loss, g, o = Ref{Cdouble}(0), zeros(shape(net).parameters), with_options(options)
    check(net, nndyn_gradient(net, size(x, 2), inputs_of(net, x), targets_of(net, x, t), o, loss, g))
    return loss[], g
end

"`(output, sensitivity)` of a layer, each width x n."
function layer_sensitivity(net::Network, x, t, number; options...)
    n, width, o = size(x, 2), layer(net, number).outputs, with_options(options)
    output, sensitivity = zeros(width, n), zeros(width, n)
    x, t = inputs_of(net, x), targets_of(net, x, t)
    check(net, nndyn_layer_sensitivity(net, n, x, t, number, o, output, sensitivity))
    return output, sensitivity
end

function gradient_norms(net::Network, x, t; options...)
    norms, o = zeros(size(x, 2)), with_options(options)
    check(net, nndyn_gradient_norms(net, size(x, 2), inputs_of(net, x), targets_of(net, x, t), o, norms))
    return norms
end

"Jacobian of outputs with respect to inputs: inputs x outputs x n."
function input_jacobian(net::Network, x; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    jacobian = zeros(s.inputs, s.outputs, n)
    check(net, nndyn_input_jacobian(net, n, inputs_of(net, x), o, jacobian))
    return jacobian
end

"Tangent of the outputs when inputs move along xdot and parameters along u."
function jvp(net::Network, x; xdot = nothing, u = nothing, options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    ydot = zeros(s.outputs, n)
    xdot = maybe_array(Float64, xdot, "xdot", s.inputs, n)
    u = maybe_array(Float64, u, "u", s.parameters)
    check(net, nndyn_jvp(net, n, inputs_of(net, x), xdot, u, o, ydot))
    return ydot
end

"`(xbar, ubar)`: gradient of sum ybar . y with respect to inputs and parameters."
function vjp(net::Network, x, ybar; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    xbar, ubar = zeros(s.inputs, n), zeros(s.parameters)
    ybar = dense_array(Float64, ybar, "ybar", s.outputs, n)
    check(net, nndyn_vjp(net, n, inputs_of(net, x), ybar, o, xbar, ubar))
    return xbar, ubar
end

"Taylor coefficients 0..order of the outputs along parameters + t u: outputs x n x (order+1)."
function jet(net::Network, x, u, order; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    out = zeros(s.outputs, n, order + 1)
    check(net, nndyn_jet(net, n, inputs_of(net, x), dense_array(Float64, u, "u", s.parameters), order, o, out))
    return out
end

"Taylor coefficients of the gradient of sum ybar . y along parameters + t u: parameters x (order+1)."
function jet_gradient(net::Network, x, u, ybar, order; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    u, ybar = dense_array(Float64, u, "u", s.parameters), dense_array(Float64, ybar, "ybar", s.outputs, n)
    out = zeros(s.parameters, order + 1)
    check(net, nndyn_jet_gradient(net, n, inputs_of(net, x), u, ybar, order, o, out))
    return out
end

"""
`(outputs, kernels)`: Taylor coefficients of the outputs and of their tangent kernel along the gradient of sum w . y,
which is never formed: outputs x n x (order+1), (outputs n) x (outputs n) x (order+1).
"""
function jet_along(net::Network, x, w, order; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    w = dense_array(Float64, w, "w", s.outputs, n)
    out, kernels = zeros(s.outputs, n, order + 1), zeros(s.outputs * n, s.outputs * n, order + 1)
    check(net, nndyn_jet_along(net, n, inputs_of(net, x), w, order, o, out, kernels))
    return out, kernels
end

function second_order(run, net, x, t, u, options)
    product, o = zeros(shape(net).parameters), with_options(options)
    u = dense_array(Float64, u, "u", length(product))
    check(net, run(net, size(x, 2), inputs_of(net, x), targets_of(net, x, t), u, o, product))
    return product
end

hessian_vector(net::Network, x, t, u; options...) = second_order(nndyn_hessian_vector, net, x, t, u, options)
gauss_newton_vector(net::Network, x, t, u; options...) = second_order(nndyn_gauss_newton_vector, net, x, t, u, options)

function operator_of(run, net, x, t, options)
    n, x, t, o = size(x, 2), inputs_of(net, x), targets_of(net, x, t), with_options(options)
    return Operator(created(out -> run(net, n, x, t, o, out), net), net)
end

hessian_operator(net::Network, x, t; options...) = operator_of(nndyn_hessian_operator, net, x, t, options)
gauss_newton_operator(net::Network, x, t; options...) = operator_of(nndyn_gauss_newton_operator, net, x, t, options)

function parameter_jacobian_operator(net::Network, x; options...)
    n, x, o = size(x, 2), inputs_of(net, x), with_options(options)
    return Operator(created(out -> nndyn_parameter_jacobian_operator(net, n, x, o, out), net), net)
end

# ---- duality ---------------------------------------------------------------------------------------------------------

"`(rows, columns)` of the Jacobian of the duality map after the masks."
function duality_shape(net::Network, n; options...)
    rows, columns, o = Ref{Int64}(0), Ref{Int64}(0), with_options(options)
    check(net, nndyn_duality_shape(net, n, o, rows, columns))
    return rows[], columns[]
end

"Working memory and flops of a call: `DUALITY_APPLY`, `DUALITY_GRAM`, ..."
function duality_forecast(net::Network, n, what; options...)
    bytes, flops, o = Ref{Int64}(0), Ref{Cdouble}(0), with_options(options)
    check(net, nndyn_duality_forecast(net, n, what, o, bytes, flops))
    return (bytes = bytes[], flops = flops[])
end

masked(net, n, options) = duality_shape(net, n; (k => v for (k, v) in pairs(options) if k != :method)...)

"A call of the form run(network, n, x, t, options, result)."
function duality(run, net, x, t, options, result)
    o = with_options(options)
    check(net, run(net, size(x, 2), inputs_of(net, x), targets_of(net, x, t), o, result))
    return result
end

duality_apply(net::Network, x, t; options...) =
    duality(nndyn_duality_apply, net, x, t, options, zeros(masked(net, size(x, 2), options)[1]))

"J itself, columns x rows: the transpose of the C function's matrix."
duality_jacobian(net::Network, x, t; options...) =
    duality(nndyn_duality_jacobian, net, x, t, options, zeros(reverse(masked(net, size(x, 2), options))...))

function duality_gram(net::Network, x, t; options...)
    columns = masked(net, size(x, 2), options)[2]
    return duality(nndyn_duality_gram, net, x, t, options, zeros(columns, columns))
end

duality_singular_values(net::Network, x, t; options...) =
    duality(nndyn_duality_singular_values, net, x, t, options, zeros(masked(net, size(x, 2), options)[2]))

function duality_jvp(net::Network, x, t; xdot = nothing, tdot = nothing, options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    qdot = zeros(masked(net, n, options)[1])
    xdot = maybe_array(Float64, xdot, "xdot", s.inputs, n)
    tdot = maybe_array(Float64, tdot, "tdot", s.outputs, n)
    check(net, nndyn_duality_jvp(net, n, inputs_of(net, x), targets_of(net, x, t), xdot, tdot, o, qdot))
    return qdot
end

"`(xbar, tbar)`, of the sizes of x and t."
function duality_vjp(net::Network, x, t, u; options...)
    s, n, o = shape(net), size(x, 2), with_options(options)
    xbar, tbar = zeros(s.inputs, n), zeros(s.outputs, n)
    u = dense_array(Float64, u, "u", masked(net, n, options)[1])
    check(net, nndyn_duality_vjp(net, n, inputs_of(net, x), targets_of(net, x, t), u, o, xbar, tbar))
    return xbar, tbar
end

duality_operator(net::Network, x, t; options...) = operator_of(nndyn_duality_operator, net, x, t, options)

"Modes of the Jacobian that stands for the data, vectors as columns: `(s, u, v, residuals)`."
function duality_modes(net::Network, x, t, count; options...)
    own = (:reference, :tolerance, :iterations, :seed)
    rows, columns = masked(net, 1, (; (k => v for (k, v) in pairs(options) if !(k in own))...))
    s, u, v, residuals = zeros(count), zeros(rows, count), zeros(columns, count), zeros(count)
    n, x, t, o = size(x, 2), inputs_of(net, x), targets_of(net, x, t), with_options(options)
    check(net, nndyn_duality_modes(net, n, x, t, count, o, s, u, v, residuals))
    return (s = s, u = u, v = v, residuals = residuals)
end

"Modes u (rows x count) and v (columns of a sample x count), with their sizes checked."
function modes_of(net, u, v, options)
    rows, columns = masked(net, 1, options)
    return dense_array(Float64, u, "u", rows, size(u, 2)), dense_array(Float64, v, "v", columns, size(u, 2))
end

"kappa: how far the Jacobians of single samples are from diagonal in the modes u, v."
function duality_coupling(net::Network, x, t, u, v; options...)
    kappa, count, o = Ref{Cdouble}(0), size(u, 2), with_options(options)
    n, x, t, (u, v) = size(x, 2), inputs_of(net, x), targets_of(net, x, t), modes_of(net, u, v, options)
    check(net, nndyn_duality_coupling(net, n, x, t, count, u, v, o, kappa))
    return kappa[]
end

"zeta(s) of one mode, vectors u and v, around one sample, vectors x and t."
function duality_reduced_map(net::Network, x, t, u, v, s; options...)
    k, (rows, columns), o = shape(net), masked(net, 1, options), with_options(options)
    x, t = dense_array(Float64, x, "x", k.inputs), dense_array(Float64, t, "t", k.outputs)
    u, v = dense_array(Float64, u, "u", rows), dense_array(Float64, v, "v", columns)
    zeta, s = zeros(length(s)), dense_array(Float64, s, "s", length(s))
    check(net, nndyn_duality_reduced_map(net, x, t, u, v, length(s), s, o, zeta))
    return zeta
end

"Kolmogorov-Smirnov distance of each mode from its one-dimensional map."
function duality_reduction(net::Network, x, t, u, v; options...)
    distance, count, o = zeros(size(u, 2)), size(u, 2), with_options(options)
    n, x, t, (u, v) = size(x, 2), inputs_of(net, x), targets_of(net, x, t), modes_of(net, u, v, options)
    check(net, nndyn_duality_reduction(net, n, x, t, count, u, v, o, distance))
    return distance
end

# ---- tangent kernel --------------------------------------------------------------------------------------------------

"Number and array of a second batch; 0 and nothing for one batch."
second_batch(net, x2) = x2 === nothing ? (0, C_NULL) : (size(x2, 2), inputs_of(net, x2))

"Tangent kernel of x and x2 (NTK_FULL, _DIAGONAL, _TRACE or _PSEUDO); column i belongs to row i of the C function."
function ntk(net::Network, x; x2 = nothing, kind = NTK_FULL, options...)
    n, outputs, o = size(x, 2), shape(net).outputs, with_options(options)
    n2, second = second_batch(net, x2)
    group, columns = kind == NTK_FULL ? outputs : 1, n2 == 0 ? n : n2
    kernel = kind == NTK_DIAGONAL ? zeros(outputs, n) : zeros(columns * group, n * group)
    check(net, nndyn_ntk(net, n, inputs_of(net, x), n2, second, kind, o, kernel))
    return kernel
end

"Working memory, the matrix included, and flops of `ntk`."
function ntk_forecast(net::Network, n; n2 = 0, kind = NTK_FULL, options...)
    bytes, flops, o = Ref{Int64}(0), Ref{Cdouble}(0), with_options(options)
    check(net, nndyn_ntk_forecast(net, n, n2, kind, o, bytes, flops))
    return (bytes = bytes[], flops = flops[])
end

"The kernel to a file, in blocks of rows; a call that was stopped is gone on with."
function ntk_write(net::Network, path, x; x2 = nothing, kind = NTK_FULL, options...)
    n2, second = second_batch(net, x2)
    check(net, nndyn_ntk_write(net, size(x, 2), inputs_of(net, x), n2, second, kind, with_options(options), path))
end

"`(kind, rows, columns, written)` of such a file."
function ntk_file(path; context = default_context())
    kind, rows, columns, written = Ref{Cint}(0), Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    check(context, nndyn_ntk_file(context, path, kind, rows, columns, written))
    return (kind = kind[], rows = rows[], columns = columns[], written = written[])
end

"Rows of such a file, counted from 0, as columns."
function ntk_read(path, first, count; context = default_context())
    kernel = zeros(ntk_file(path; context = context).columns, count)
    check(context, nndyn_ntk_read(context, path, first, count, kernel))
    return kernel
end

"Full kernel (x2 against x) times w (outputs x n), without the kernel."
function ntk_vector(net::Network, x, w; x2 = nothing, options...)
    n, outputs, o = size(x, 2), shape(net).outputs, with_options(options)
    n2, second = second_batch(net, x2)
    w, out = dense_array(Float64, w, "w", outputs, n), zeros(outputs, n2 == 0 ? n : n2)
    check(net, nndyn_ntk_vector(net, n, inputs_of(net, x), n2, second, w, o, out))
    return out
end

function ntk_operator(net::Network, x; options...)
    n, x, o = size(x, 2), inputs_of(net, x), with_options(options)
    return Operator(created(out -> nndyn_ntk_operator(net, n, x, o, out), net), net)
end

"`(covariance, tangent)` of the network's limit of infinite width."
function ntk_infinite(net::Network, x; x2 = nothing, options...)
    n, o = size(x, 2), with_options(options)
    n2, second = second_batch(net, x2)
    covariance, tangent = zeros(n2 == 0 ? n : n2, n), zeros(n2 == 0 ? n : n2, n)
    check(net, nndyn_ntk_infinite_network(net, n, inputs_of(net, x), n2, second, o, covariance, tangent))
    return (covariance = covariance, tangent = tangent)
end

"The same for so many hidden layers of one activation."
function ntk_infinite(x::AbstractMatrix, depth, activation; x2 = nothing, context = default_context(), options...)
    n, o = size(x, 2), with_options(options)
    n2 = x2 === nothing ? n : size(x2, 2)
    x, second = dense_array(Float64, x, "x", size(x)...), maybe_array(Float64, x2, "x2", size(x, 1), n2)
    covariance, tangent = zeros(n2, n), zeros(n2, n)
    check(context, nndyn_ntk_infinite(context, size(x, 1), n, x, n2, second, depth, activation, o, covariance, tangent))
    return (covariance = covariance, tangent = tangent)
end

# ---- learning equilibrium --------------------------------------------------------------------------------------------

"Takes the parameters to the equilibrium of the batch: `(norm, iterations)`, the norm of the gradient."
function equilibrium_find!(net::Network, x, t; options...)
    norm, iterations, o = Ref{Cdouble}(0), Ref{Int64}(0), with_options(options)
    n, x, t = size(x, 2), inputs_of(net, x), targets_of(net, x, t)
    check(net, nndyn_equilibrium_find(net, n, x, t, o, norm, iterations))
    return (norm = norm[], iterations = iterations[])
end

"Modes of largest curvature, as columns: `(curvature, vectors, noise, relaxation, coupling)`."
function equilibrium_modes(net::Network, x, t, count, rate; options...)
    curvature, relaxation, coupling = zeros(count), zeros(count), Ref{Cdouble}(0)
    vectors, noise = zeros(shape(net).parameters, count), zeros(count, count)
    n, x, t, o = size(x, 2), inputs_of(net, x), targets_of(net, x, t), with_options(options)
    check(net, nndyn_equilibrium_modes(net, n, x, t, count, rate, o, curvature, vectors, noise, relaxation, coupling))
    return (curvature = curvature, vectors = vectors, noise = noise, relaxation = relaxation, coupling = coupling[])
end

"Modes of largest noise of the gradients of single samples, as columns: `(values, vectors)`."
function equilibrium_noise_modes(net::Network, x, t, count; options...)
    values, vectors = zeros(count), zeros(shape(net).parameters, count)
    n, x, t, o = size(x, 2), inputs_of(net, x), targets_of(net, x, t), with_options(options)
    check(net, nndyn_equilibrium_noise_modes(net, n, x, t, count, o, values, vectors))
    return (values = values, vectors = vectors)
end

"Stationary covariance of SGD predicted along the columns of vectors."
function equilibrium_covariance(net::Network, x, t, vectors, rate, batch; options...)
    count, o = size(vectors, 2), with_options(options)
    sigma = zeros(count, count)
    vectors = dense_array(Float64, vectors, "vectors", shape(net).parameters, count)
    n, x, t = size(x, 2), inputs_of(net, x), targets_of(net, x, t)
    check(net, nndyn_equilibrium_covariance(net, n, x, t, count, vectors, rate, batch, o, sigma))
    return sigma
end

"Stationary covariance of SGD for a given Hessian and covariance of the gradients."
function equilibrium_stationary(hessian, noise, rate, batch = 1; context = default_context())
    n = size(hessian, 1)
    hessian, noise = dense_array(Float64, hessian, "hessian", n, n), dense_array(Float64, noise, "noise", n, n)
    sigma = zeros(n, n)
    check(context, nndyn_equilibrium_stationary(context, n, hessian, noise, rate, batch, sigma))
    return sigma
end

"`(sigma, error, times)` of a record, components x steps."
function equilibrium_measure(record; context = default_context(), options...)
    count, steps = size(record)
    sigma, error, times, o = zeros(count, count), zeros(count, count), zeros(count), with_options(options)
    record = dense_array(Float64, record, "record", count, steps)
    check(context, nndyn_equilibrium_measure(context, steps, count, record, o, sigma, error, times))
    return (sigma = sigma, error = error, times = times)
end

"""
    Equilibrium(q, g, rate; options...)

Tests a record of training, q and g of size parameters x steps: `verdict(result)`, and figures by name, `result["fdr"]`.
"""
function Equilibrium(q, g, rate; context = default_context(), options...)
    parameters, steps = size(q)
    q, g = dense_array(Float64, q, "q", parameters, steps), dense_array(Float64, g, "g", parameters, steps)
    o = with_options(options)
    make(out) = nndyn_equilibrium_test(context, steps, parameters, q, g, rate, o, out)
    return Equilibrium(created(make, context), context)
end

"One of `EQUILIBRIUM_REACHED`, ..."
function verdict(result::Equilibrium)
    value = Ref{Cint}(0)
    check(result, nndyn_equilibrium_verdict(result, value))
    return value[]
end

verdict_name(verdict) = unsafe_string(nndyn_equilibrium_verdict_name(verdict))

function Base.getindex(result::Equilibrium, name::AbstractString)
    value = Ref{Cdouble}(0)
    check(result, nndyn_equilibrium_get(result, name, value))
    return value[]
end

# ---- attraction basins -----------------------------------------------------------------------------------------------

"Radii of the basins of a data set, its classes and (`samples = 1`) its samples, by noise added to the inputs."
function basin_sample(net::Network, data::Dataset; options...)
    o = with_options(options)
    return Basin(created(out -> nndyn_basin_sample(net, data, o, out), net), net)
end

"`(accuracy, distances)` by decision boundaries linearized in the inputs, at amplitudes `sigma`."
function basin_margins(net::Network, data::Dataset, sigma = Float64[])
    sigma = dense_array(Float64, sigma, "sigma", length(sigma))
    accuracy, distances = zeros(length(sigma)), zeros(shape(data).samples)
    check(net, nndyn_basin_margins(net, data, length(sigma), sigma, accuracy, distances))
    return (accuracy = accuracy, distances = distances)
end

"`(mean, directions, variance, total)`: principal directions of the inputs, one a column."
function basin_principal(data::Dataset, count; options...)
    inputs = shape(data).inputs
    mean, directions, variance, total = zeros(inputs), zeros(inputs, count), zeros(count), Ref{Float64}(0)
    check(data, nndyn_basin_principal(data, count, with_options(options), mean, directions, variance, total))
    return (mean = mean, directions = directions, variance = variance, total = total[])
end

"`(classes, margins)` at x + t times the columns of `directions`, t from low to high; the last axis comes first."
function basin_slice(net::Network, x, directions, low, high, counts; options...)
    inputs, n = shape(net).inputs, convert(Array{Int64}, counts)
    x = dense_array(Float64, x, "x", inputs)
    directions = dense_array(Float64, directions, "directions", inputs, length(n))
    low, high = dense_array(Float64, low, "low", length(n)), dense_array(Float64, high, "high", length(n))
    classes, margins = zeros(Int64, reverse(n)...), zeros(reverse(n)...)
    check(net, nndyn_basin_slice(net, x, length(n), directions, low, high, n, with_options(options), classes, margins))
    return (classes = classes, margins = margins)
end

"`(classes, share, low, radius, margin)` of the classifier smoothed by noise, a number a sample of each."
function basin_smoothed(net::Network, data::Dataset, sigma; options...)
    n = shape(data).samples
    classes = zeros(Int64, n)
    share, low, radius, margin = (zeros(n) for _ in 1:4)
    check(net, nndyn_basin_smoothed(net, data, sigma, with_options(options), classes, share, low, radius, margin))
    return (classes = classes, share = share, low = low, radius = radius, margin = margin)
end

"""
Radii, a column for each sample, where predictions change along the columns of `directions` (inputs x count), or along
`directions` random ones if it is a number.
"""
function basin_rays(net::Network, data::Dataset, directions; options...)
    o, drawn = with_options(options), directions isa Integer
    count = drawn ? directions : size(directions, 2)
    given = drawn ? C_NULL : dense_array(Float64, directions, "directions", shape(net).inputs, count)
    radii = zeros(max(count, 0), shape(data).samples)
    check(net, nndyn_basin_ray(net, data, count, given, o, radii))
    return radii
end

"Statistics of the radii that `basin_rays` found: shares and medians over all rays, least and median of each sample."
function basin_ray_statistics(radii; context = default_context())
    count, samples = size(radii)
    radii = dense_array(Float64, radii, "radii", count, samples)
    f, least, median = zeros(RAYS), zeros(samples), zeros(samples)
    check(context, nndyn_basin_ray_statistics(context, samples, count, radii, f, least, median))
    return (exit = f[1], median = f[2], median_exit = f[3], least = f[4], wrong = f[5], sample_least = least,
            sample_median = median)
end

"Bounds `(upper, lower, points)` of the adversarial radii; `lower` and `points` (columns) are `nothing` if not wanted."
function basin_adversarial(net::Network, data::Dataset; lower = true, points = false, options...)
    o, samples = with_options(options), shape(data).samples
    upper, below = zeros(samples), lower ? zeros(samples) : nothing
    moved = points ? zeros(shape(net).inputs, samples) : nothing
    check(net, nndyn_basin_adversarial(net, data, o, upper, lower ? below : C_NULL, points ? moved : C_NULL))
    return (upper = upper, lower = below, points = moved)
end

"Radius of the basin by noise added to the weights."
function basin_weights(net::Network, data::Dataset; options...)
    o = with_options(options)
    return Basin(created(out -> nndyn_basin_weights(net, data, o, out), net), net)
end

"The same along the columns of `directions` (P x draws)."
function basin_weights_along(net::Network, data::Dataset, directions; options...)
    o = with_options(options)
    directions = dense_array(Float64, directions, "directions", shape(net).parameters, size(directions, 2))
    made = created(out -> nndyn_basin_weights_along(net, data, size(directions, 2), directions, o, out), net)
    return Basin(made, net)
end

"What the Hessian says of the basin: `CURVATURES` numbers, number `CURVATURE_LOSS + 1` and so on."
function basin_curvature(net::Network, data::Dataset; options...)
    o, figures = with_options(options), zeros(CURVATURES)
    check(net, nndyn_basin_curvature(net, data, o, figures))
    return figures
end

"`(radius, quadratic)` along the columns of `directions`: where the loss has risen, and its approximation."
function basin_loss_radius(net::Network, data::Dataset, directions; options...)
    o, count = with_options(options), size(directions, 2)
    directions = dense_array(Float64, directions, "directions", shape(net).parameters, count)
    radius, quadratic = zeros(count), zeros(count)
    check(net, nndyn_basin_loss_radius(net, data, count, directions, o, radius, quadratic))
    return (radius = radius, quadratic = quadratic)
end

"Accuracies at amplitudes `sigma` of noise on the weights, with the outputs linearized in these."
function basin_linearized(net::Network, data::Dataset, sigma; options...)
    o = with_options(options)
    sigma = dense_array(Float64, sigma, "sigma", length(sigma))
    accuracy = zeros(length(sigma))
    check(net, nndyn_basin_linearized(net, data, length(sigma), sigma, o, accuracy))
    return accuracy
end

"A figure of a group: 0 is the whole set, 1 + c class c (c from 0)."
function basin_get(basin::Basin, name, group = 0)
    value = Ref{Cdouble}(0)
    check(basin, nndyn_basin_get(basin, group, name, value))
    return value[]
end

Base.getindex(basin::Basin, name::AbstractString) = basin_get(basin, name)

"Bits of a group."
function basin_flags(basin::Basin, group = 0)
    flags = Ref{Cint}(0)
    check(basin, nndyn_basin_flags(basin, group, flags))
    return Int(flags[])
end

function basin_groups(basin::Basin)
    count = Ref{Int64}(0)
    check(basin, nndyn_basin_groups(basin, count))
    return count[]
end

"What an amplitude is."
function basin_unit(basin::Basin)
    text = Ref{Cstring}(C_NULL)
    check(basin, nndyn_basin_unit(basin, text))
    return unsafe_string(text[])
end

"`(amplitude, accuracy, low, high)` of a group, at 0 and at the amplitudes of the march."
function basin_curve(basin::Basin, group = 0)
    count = Ref{Int64}(0)
    check(basin, nndyn_basin_curve(basin, group, 0, C_NULL, C_NULL, C_NULL, C_NULL, count))
    amplitude, accuracy, low, high = (zeros(count[]) for _ in 1:4)
    check(basin, nndyn_basin_curve(basin, group, count[], amplitude, accuracy, low, high, count))
    return (amplitude = amplitude, accuracy = accuracy, low = low, high = high)
end

"`(radius, low, high, flags)` of the samples, in their order."
function basin_samples(basin::Basin)
    count = Ref{Int64}(0)
    check(basin, nndyn_basin_samples(basin, 0, C_NULL, C_NULL, C_NULL, C_NULL, count))
    radius, low, high = (zeros(count[]) for _ in 1:3)
    flags = zeros(Cint, count[])
    check(basin, nndyn_basin_samples(basin, count[], radius, low, high, flags, count))
    return (radius = radius, low = low, high = high, flags = flags)
end

"`(quantiles, zero, beyond)` of the radii of the samples; zero and beyond count those of radius 0 and infinite ones."
function basin_quantiles(basin::Basin, p, group = 0)
    p = dense_array(Float64, p, "p", length(p))
    out, zero, beyond = zeros(length(p)), Ref{Int64}(0), Ref{Int64}(0)
    check(basin, nndyn_basin_quantiles(basin, group, length(p), p, out, zero, beyond))
    return (quantiles = out, zero = zero[], beyond = beyond[])
end

"Where training returns to after kicks of the weights of sizes `radii`; `probe` is nothing for the data themselves."
function BasinReturns(trainer::Trainer, data::Dataset, radii; probe = nothing, options...)
    o, other = with_options(options), probe === nothing ? C_NULL : probe
    radii = dense_array(Float64, radii, "radii", length(radii))
    made = created(out -> nndyn_basin_return(trainer, data, other, length(radii), radii, o, out), trainer)
    return BasinReturns(made, trainer)
end

"`(bytes, flops)` of the same with `count` radii, without running it."
function basin_return_forecast(trainer::Trainer, data::Dataset, count; probe = nothing, options...)
    o, other = with_options(options), probe === nothing ? C_NULL : probe
    bytes, flops = Ref{Int64}(0), Ref{Cdouble}(0)
    check(trainer, nndyn_basin_return_forecast(trainer, data, other, count, o, bytes, flops))
    return (bytes = bytes[], flops = flops[])
end

"`(radii, draws)`: how many radii, the control among them, and trials of each."
function shape(returns::BasinReturns)
    radii, draws = Ref{Int64}(0), Ref{Int64}(0)
    check(returns, nndyn_basin_returns_shape(returns, radii, draws))
    return (radii = radii[], draws = draws[])
end

"`(radius, share, low, high, undecided)` by a criterion, `RETURN_MINIMUM` to `RETURN_LOSS`; the control comes first."
function basin_curve(returns::BasinReturns, criterion::Integer)
    n, count = shape(returns).radii, Ref{Int64}(0)
    radius, share, low, high = (zeros(n) for _ in 1:4)
    undecided = zeros(Int64, n)
    check(returns, nndyn_basin_returns_curve(returns, criterion, n, radius, share, low, high, undecided, count))
    return (radius = radius, share = share, low = low, high = high, undecided = undecided)
end

"`(inside, outside)`: the largest radius up to which a share `q` returns, and the next one."
function basin_radius(returns::BasinReturns, criterion::Integer, q = 0.5)
    inside, outside = Ref{Cdouble}(0), Ref{Cdouble}(0)
    check(returns, nndyn_basin_returns_radius(returns, criterion, q, inside, outside))
    return (inside = inside[], outside = outside[])
end

"`returns[name, radius]`: a quantity of each trial of a radius, 0 for the control."
function Base.getindex(returns::BasinReturns, name::AbstractString, radius::Integer)
    values, count = zeros(shape(returns).draws), Ref{Int64}(0)
    check(returns, nndyn_basin_returns_get(returns, name, radius, length(values), values, count))
    return values
end

"`(norm, loss, accuracy)`: the size of the parameters, and loss and accuracy on the data, before any kick."
function basin_reference(returns::BasinReturns)
    norm, loss, accuracy = Ref{Cdouble}(0), Ref{Cdouble}(0), Ref{Cdouble}(0)
    check(returns, nndyn_basin_returns_reference(returns, norm, loss, accuracy))
    return (norm = norm[], loss = loss[], accuracy = accuracy[])
end

# ---- training --------------------------------------------------------------------------------------------------------

"""
    Trainer(network, optimizer = ADAM; options...)

Optimizer, its state and the count of steps for one network: `trainer["rate"]` reads and sets a setting.
"""
function Trainer(net::Network, optimizer::Integer = ADAM; options...)
    if isempty(options)
        return Trainer(created(out -> nndyn_trainer_create(net, optimizer, out), net), net)
    end
    o = with_options(options)
    return Trainer(created(out -> nndyn_trainer_create_with(net, optimizer, o, out), net), net)
end

"The trainer of a file, with its network as `.parent`."
function load_trainer(path; context = default_context())
    network, trainer = Ref{Ptr{Cvoid}}(C_NULL), Ref{Ptr{Cvoid}}(C_NULL)
    check(context, nndyn_trainer_load(context, path, network, trainer))
    return Trainer(trainer[], Network(network[], context))
end

save(trainer::Trainer, path) = check(trainer, nndyn_trainer_save(trainer, path))

"Bytes of a trainer for batches of n samples, and flops of one step's matrix products."
function trainer_forecast(net::Network, optimizer, n)
    bytes, flops = Ref{Int64}(0), Ref{Cdouble}(0)
    check(net, nndyn_trainer_forecast(net, optimizer, n, bytes, flops))
    return (bytes = bytes[], flops = flops[])
end

"One step on a batch; returns the mean loss before it."
function step!(trainer::Trainer, x, t)
    s, n, loss = shape(trainer.parent), size(x, 2), Ref{Cdouble}(0)
    run = s.type == Float32 ? nndyn_train_step_f32 : nndyn_train_step
    x, t = dense_array(s.type, x, "x", s.inputs, n), dense_array(s.type, t, "t", s.outputs, n)
    check(trainer, run(trainer, n, x, t, loss))
    return loss[]
end

"Many steps on batches of a data set; returns the mean of their losses."
function run!(trainer::Trainer, batches::Batches, steps)
    loss = Ref{Cdouble}(0)
    check(trainer, nndyn_train_run(trainer, batches, steps, loss))
    return loss[]
end

"Trains, and tests whether these steps are stationary."
function equilibrium_test!(trainer::Trainer, batches::Batches, steps; options...)
    o = with_options(options)
    return Equilibrium(created(out -> nndyn_equilibrium_test_run(trainer, batches, steps, o, out), trainer), trainer)
end

"Trains, and returns the parameters' components along the columns of vectors after each step: components x steps."
function equilibrium_record!(trainer::Trainer, batches::Batches, steps, vectors)
    count, record = size(vectors, 2), zeros(size(vectors, 2), steps)
    vectors = dense_array(Float64, vectors, "vectors", shape(trainer.parent).parameters, count)
    check(trainer, nndyn_equilibrium_record(trainer, batches, steps, count, vectors, record))
    return record
end

"The next step on a batch, linearized, on parameters and state."
function step_operator(trainer::Trainer, x, t)
    n, x, t = size(x, 2), inputs_of(trainer.parent, x), targets_of(trainer.parent, x, t)
    return Operator(created(out -> nndyn_step_operator(trainer, n, x, t, out), trainer), trainer)
end

function Base.getindex(trainer::Trainer, name::AbstractString)
    value = Ref{Cdouble}(0)
    check(trainer, nndyn_trainer_get(trainer, name, value))
    return value[]
end

Base.setindex!(trainer::Trainer, value::Real, name::AbstractString) =
    check(trainer, nndyn_trainer_set(trainer, name, value))

"Schedule of the learning rate: `SCHEDULE_COSINE`, ..."
function schedule!(trainer::Trainer, kind; options...)
    check(trainer, nndyn_trainer_set_schedule(trainer, kind, with_options(options)))
    return trainer
end

"Steps done, and the learning rate of the next one."
function progress(trainer::Trainer)
    steps, rate = Ref{Int64}(0), Ref{Cdouble}(0)
    check(trainer, nndyn_trainer_progress(trainer, steps, rate))
    return (steps = steps[], rate = rate[])
end

"The gradient of the last step."
function gradient(trainer::Trainer)
    g = zeros(shape(trainer.parent).parameters)
    check(trainer, nndyn_trainer_get_gradient(trainer, length(g), g))
    return g
end

function state_size(trainer::Trainer)
    count = Ref{Int64}(0)
    check(trainer, nndyn_trainer_state_size(trainer, count))
    return count[]
end

"`(the optimizer's vectors, steps done)`."
function state(trainer::Trainer)
    values, steps = zeros(state_size(trainer)), Ref{Int64}(0)
    check(trainer, nndyn_trainer_get_state(trainer, length(values), isempty(values) ? C_NULL : values, steps))
    return values, steps[]
end

function state!(trainer::Trainer, values, steps)
    values = dense_array(Float64, values, "state", state_size(trainer))
    check(trainer, nndyn_trainer_set_state(trainer, length(values), isempty(values) ? C_NULL : values, steps))
    return trainer
end

# ---- criticality -----------------------------------------------------------------------------------------------------

"Exact local exponents of the fluctuations at pre-activations y; without d ln p/dy: those of activation and loss."
function local_exponent(activation, loss, t, y; slope = nothing, context = default_context(), options...)
    points, k = convert(Vector{Float64}, y), zeros(length(y))
    slopes = slope === nothing ? C_NULL : dense_array(Float64, slope, "slope", length(y))
    o = with_options(options)
    check(context, nndyn_local_exponent(context, activation, loss, t, length(points), points, slopes, o, k))
    return k
end

"What the exponent on a window should be, from a law of y (options) or a sample of it."
function critical_prediction(activation, loss, t, xmin, xmax; y = nothing, context = default_context(), options...)
    sample, o = y === nothing ? C_NULL : convert(Vector{Float64}, y), with_options(options)
    count = y === nothing ? 0 : length(y)
    k, mass, decades, mean, square = numbers_of(context, ntuple(i -> Cdouble, 5)...) do out...
        nndyn_critical_prediction(context, activation, loss, t, xmin, xmax, count, sample, o, out...)
    end
    return (k = k, mass = mass, decades = decades, mean = mean, square = square)
end

"Series of fluctuations of chosen parameters of a network, each on a window of |gradient|."
Fluctuations(net::Network) = Fluctuations(created(out -> nndyn_fluctuations_create(net, out), net), net)

"One more series, of these parameters (from 0) together; returns its number."
function add!(set::Fluctuations, indices, xmin, xmax; options...)
    list, number, o = collect(Int64, indices), Ref{Int64}(0), with_options(options)
    check(set, nndyn_fluctuations_add(set, length(list), list, xmin, xmax, o, number))
    return number[]
end

"Take in the gradients of single samples (columns) at the network's present parameters."
function measure!(set::Fluctuations, net::Network, x, t)
    xs, ts = inputs_of(net, x), targets_of(net, x, t)
    check(set, nndyn_fluctuations_measure(set, size(x, 2), xs, ts))
    return set
end

clear!(set::Fluctuations) = check(set, nndyn_fluctuations_clear(set))

function shape(set::Fluctuations, series)
    xmin, xmax, bins, parts =
        numbers_of((o...) -> nndyn_fluctuations_shape(set, series, o...), set, Cdouble, Cdouble, Int64, Int64)
    return (xmin = xmin, xmax = xmax, bins = bins, parts = parts)
end

function counts(set::Fluctuations, series)
    inside, zeros_, below, above, nonfinite =
        numbers_of((o...) -> nndyn_fluctuations_counts(set, series, o...), set, ntuple(i -> Int64, 5)...)
    return (inside = inside, zeros = zeros_, below = below, above = above, nonfinite = nonfinite)
end

"Exponent, standard error, independent samples, curvature and decades."
function exponent(set::Fluctuations, series)
    k, se, effective, curvature, decades =
        numbers_of((o...) -> nndyn_fluctuations_exponent(set, series, o...), set, ntuple(i -> Cdouble, 5)...)
    return (k = k, se = se, effective = effective, curvature = curvature, decades = decades)
end

"Exponents and standard errors on the sub-windows."
function parts(set::Fluctuations, series)
    count = shape(set, series).parts
    k, se = zeros(count), zeros(count)
    check(set, nndyn_fluctuations_parts(set, series, count, k, se))
    return (k = k, se = se)
end

function histogram(set::Fluctuations, series)
    bins = shape(set, series).bins
    edges, hits, densities = zeros(bins + 1), zeros(Int64, bins), zeros(bins)
    check(set, nndyn_fluctuations_histogram(set, series, bins, edges, hits, densities))
    return (edges = edges, counts = hits, densities = densities)
end

"0 for critical, or the sum of the CRITICAL_* that stand against it."
function verdict(set::Fluctuations, series, predicted, equilibrium; options...)
    out, o = Ref{Cint}(0), with_options(options)
    check(set, nndyn_fluctuations_verdict(set, series, equilibrium, predicted, o, out))
    return out[]
end

# ---- recurrent networks ----------------------------------------------------------------------------------------------

"""
    Recurrent(weights; biases, activation = TANH)

A recurrent network x' = f(gain W x + b) - x; weights[i, j] is what neuron i receives from j.  States are columns.
"""
function Recurrent(weights::AbstractMatrix; biases = nothing, activation = TANH, context = default_context(),
                   options...)
    n, o = size(weights, 1), with_options(options)
    w = dense_array(Float64, permutedims(weights), "weights", n, n)
    b = biases === nothing ? C_NULL : dense_array(Float64, biases, "biases", n)
    return Recurrent(created(out -> nndyn_recurrent_create(context, n, w, b, activation, o, out), context), context)
end

"`(neurons, clamped ones, free ones)`."
function shape(net::Recurrent)
    n, p, q = Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    check(net, nndyn_recurrent_shape(net, n, p, q))
    return Int(n[]), Int(p[]), Int(q[])
end

"Clamp neurons, numbered from 0."
function boundary!(net::Recurrent, neurons, values)
    count = length(neurons)
    numbers, held = convert(Vector{Int64}, neurons), dense_array(Float64, values, "values", count)
    check(net, nndyn_recurrent_set_boundary(net, count, numbers, held))
    return net
end

function boundary(net::Recurrent)
    count = shape(net)[2]
    neurons, values = zeros(Int64, count), zeros(count)
    check(net, nndyn_recurrent_get_boundary(net, count, neurons, values))
    return neurons, values
end

function weights(net::Recurrent)
    n = shape(net)[1]
    w, b = zeros(n, n), zeros(n)
    check(net, nndyn_recurrent_get_weights(net, w, b))
    return permutedims(w), b
end

function weights!(net::Recurrent, weights, biases)
    n = shape(net)[1]
    w = weights === nothing ? C_NULL : dense_array(Float64, permutedims(weights), "weights", n, n)
    b = biases === nothing ? C_NULL : dense_array(Float64, biases, "biases", n)
    check(net, nndyn_recurrent_set_weights(net, w, b))
    return net
end

function gain!(net::Recurrent, value)
    check(net, nndyn_recurrent_set_gain(net, value))
    return net
end

function gain(net::Recurrent)
    value = Ref{Cdouble}(0)
    check(net, nndyn_recurrent_get_gain(net, value))
    return value[]
end

"Fixed points that starts (a column each) come to, residuals and steps."
function activate(net::Recurrent, starts::AbstractMatrix; boundary = nothing, options...)
    (n, p, q), count, o = shape(net), size(starts, 2), with_options(options)
    begins = dense_array(Float64, starts, "starts", n, count)
    held = boundary === nothing ? C_NULL : dense_array(Float64, boundary, "boundary", p, count)
    states, residuals, steps = zeros(n, count), zeros(count), zeros(Int64, count)
    check(net, nndyn_recurrent_activate(net, count, held, begins, o, states, residuals, steps))
    return states, residuals, steps
end

"dx_Q/dx_P at fixed points: bulk x boundary x count, and condition numbers."
function jacobian(net::Recurrent, states::AbstractMatrix; options...)
    (n, p, q), count, o = shape(net), size(states, 2), with_options(options)
    x, out, condition = dense_array(Float64, states, "states", n, count), zeros(p, q, count), zeros(count)
    check(net, nndyn_recurrent_jacobian(net, count, x, o, out, condition))
    return permutedims(out, (2, 1, 3)), condition
end

function jvp(net::Recurrent, states::AbstractMatrix, boundary::AbstractMatrix; options...)
    (n, p, q), count, o = shape(net), size(states, 2), with_options(options)
    x, v = dense_array(Float64, states, "states", n, count), dense_array(Float64, boundary, "boundary", p, count)
    out = zeros(q, count)
    check(net, nndyn_recurrent_jvp(net, count, x, v, o, out))
    return out
end

function vjp(net::Recurrent, states::AbstractMatrix, bulk::AbstractMatrix; options...)
    (n, p, q), count, o = shape(net), size(states, 2), with_options(options)
    x, v = dense_array(Float64, states, "states", n, count), dense_array(Float64, bulk, "bulk", q, count)
    out = zeros(p, count)
    check(net, nndyn_recurrent_vjp(net, count, x, v, o, out))
    return out
end

"Equilibria from given starts (columns) and \"starts\" (64) drawn ones."
function equilibria(net::Recurrent; given = nothing, options...)
    count, o = given === nothing ? 0 : size(given, 2), with_options(options)
    x = given === nothing ? C_NULL : dense_array(Float64, given, "given", shape(net)[1], count)
    return FixedPoints(created(out -> nndyn_recurrent_equilibria(net, count, x, o, out), net), net)
end

"`(sup|f'| |gain| ||W_QQ||, whether it is below 1)`."
function unique_equilibrium(net::Recurrent)
    bound, unique = Ref{Cdouble}(0), Ref{Cint}(0)
    check(net, nndyn_recurrent_unique(net, bound, unique))
    return bound[], unique[] != 0
end

"`(contraction, radius)` of the certified ball around a fixed point."
function ball(net::Recurrent, state; options...)
    x, o, mu, radius = dense_array(Float64, state, "state", shape(net)[1]), with_options(options), Ref(0.0), Ref(0.0)
    check(net, nndyn_recurrent_ball(net, x, o, mu, radius))
    return mu[], radius[]
end

function energy(net::Recurrent, states::AbstractMatrix)
    count = size(states, 2)
    x, out = dense_array(Float64, states, "states", shape(net)[1], count), zeros(count)
    check(net, nndyn_recurrent_energy(net, count, x, out))
    return out
end

"One step as a map of the free neurons."
recurrent_map(net::Recurrent; options...) =
    StateMap(created(out -> nndyn_map_create_recurrent(net, with_options(options), out), net), net)

"`(count, neurons, bulk)`."
function shape(points::FixedPoints)
    count, n, q = Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    check(points, nndyn_fixed_points_shape(points, count, n, q))
    return Int(count[]), Int(n[]), Int(q[])
end

Base.length(points::FixedPoints) = shape(points)[1]

function figure(points::FixedPoints, index, name)
    value = Ref{Cdouble}(0)
    check(points, nndyn_fixed_points_figure(points, index - 1, name, value))
    return value[]
end

"Equilibrium `index`, from 1: its state, stability and number of unstable directions."
function Base.getindex(points::FixedPoints, index)
    state, stability, unstable = zeros(shape(points)[2]), Ref{Cint}(0), Ref{Int64}(0)
    check(points, nndyn_fixed_points_get(points, index - 1, state, stability, unstable))
    name = unsafe_string(nndyn_fixed_point_stability_name(stability[]))
    return (state = state, stability = name, unstable = Int(unstable[]))
end

"Eigenvalues, and their modes as the columns that nndyn_fixed_points_modes gives as rows."
function modes(points::FixedPoints, index)
    q = shape(points)[3]
    re, im, rows = zeros(q), zeros(q), zeros(q, q)
    check(points, nndyn_fixed_points_modes(points, index - 1, re, im, rows))
    return complex.(re, im), rows
end

# ---- spring-block chain ----------------------------------------------------------------------------------------------

"""
    SpringBlock(blocks)

A spring-block chain; keyword arguments are the options of nndyn_springblock_create.
"""
function SpringBlock(blocks; context = default_context(), options...)
    o = with_options(options)
    return SpringBlock(created(out -> nndyn_springblock_create(context, blocks, o, out), context), context)
end

"""
    SpringBlockFit(separation)

The chain that explains a load curve D_0..D_L best; `errors` are standard errors of the points, `covariance` theirs in
the place of it; other keyword arguments are the options of nndyn_springblock_fit_create.
"""
function SpringBlockFit(separation; errors = nothing, covariance = nothing, context = default_context(), options...)
    errors !== nothing && covariance !== nothing && throw(ArgumentError("errors and covariance are both given"))
    curve, o, n = convert(Vector{Float64}, separation), with_options(options), length(separation)
    if covariance !== nothing
        c = dense_array(Float64, covariance, "covariance", n, n)
        make = out -> nndyn_springblock_fit_create_covariance(context, n, curve, c, o, out)
    else
        e = errors === nothing ? C_NULL : dense_array(Float64, errors, "errors", n)
        make = out -> nndyn_springblock_fit_create(context, n, curve, e, o, out)
    end
    return SpringBlockFit(created(make, context), context)
end

"Value, standard error and flags of a fitted quantity, by name."
function Base.getindex(fit::SpringBlockFit, name::AbstractString)
    value, error, flags = Ref{Cdouble}(0), Ref{Cdouble}(0), Ref{Cint}(0)
    check(fit, nndyn_springblock_fit_value(fit, name, value, error, flags))
    return (value = value[], error = error[], flags = Int(flags[]))
end

"Confidence interval of a fitted quantity by the profile of the likelihood; open: which ends the data do not limit."
function interval(fit::SpringBlockFit, name; level = 0.95)
    low, high, ends = Ref{Cdouble}(0), Ref{Cdouble}(0), Ref{Cint}(0)
    check(fit, nndyn_springblock_fit_interval(fit, name, level, low, high, ends))
    return (low = low[], high = high[], open = Int(ends[]))
end

function covariance(fit::SpringBlockFit)
    out = zeros(3, 3)
    check(fit, nndyn_springblock_fit_covariance(fit, out))
    return out
end

"The combination of right and left friction and noise the data determine least, and its standard error."
function weakest(fit::SpringBlockFit)
    direction, error = zeros(3), Ref{Cdouble}(0)
    check(fit, nndyn_springblock_fit_weakest(fit, direction, error))
    return (direction = direction, error = error[])
end

function quality(fit::SpringBlockFit)
    chi, freedom, p, r =
        numbers_of((o...) -> nndyn_springblock_fit_quality(fit, o...), fit, Cdouble, Int64, Cdouble, Cdouble)
    return (chi_square = chi, freedom = freedom, p = p, r_squared = r)
end

function flags(fit::SpringBlockFit)
    out = Ref{Cint}(0)
    check(fit, nndyn_springblock_fit_flags(fit, out))
    return Int(out[])
end

"The fitted curve of so many points in the data's unit, and normalized."
function curve(fit::SpringBlockFit, count)
    separation, normalized = zeros(count), zeros(count)
    check(fit, nndyn_springblock_fit_curve(fit, count, separation, normalized))
    return (separation = separation, normalized = normalized)
end

"Excess of given parameters over the best ones, and its p."
function region(fit::SpringBlockFit, right, left, noise)
    excess, p = Ref{Cdouble}(0), Ref{Cdouble}(0)
    check(fit, nndyn_springblock_fit_region(fit, right, left, noise, excess, p))
    return (excess = excess[], p = p[])
end

"The bow of the fitted chain, and the noise and the right friction at which it is 0."
function straighten(fit::SpringBlockFit)
    bow, noise, friction =
        numbers_of((o...) -> nndyn_springblock_fit_straighten(fit, o...), fit, Cdouble, Cdouble, Cdouble)
    return (bow = bow, noise = noise, friction = friction)
end

"One of a chain's parameters, by name."
function Base.getindex(chain::SpringBlock, name::AbstractString)
    value = Ref{Cdouble}(0)
    check(chain, nndyn_springblock_get(chain, name, value))
    return value[]
end

Base.length(chain::SpringBlock) = Int(chain["blocks"])

"`(positions, velocities, steps made)`."
function state(chain::SpringBlock)
    x, v, step = zeros(length(chain)), zeros(length(chain)), Ref{Int64}(0)
    check(chain, nndyn_springblock_get_state(chain, x, v, step))
    return x, v, step[]
end

function state!(chain::SpringBlock, x, v, step)
    xs = dense_array(Float64, x, "x", length(chain))
    vs = v === nothing || chain["order"] == 1 ? C_NULL : dense_array(Float64, v, "v", length(chain))
    check(chain, nndyn_springblock_set_state(chain, xs, vs, step))
    return chain
end

function run!(chain::SpringBlock, steps)
    check(chain, nndyn_springblock_run(chain, steps))
    return chain
end

"Runs; positions and velocities before the first step and after each `every`, a column each."
function trajectory!(chain::SpringBlock, steps; every = 1)
    rows = 1 + max(steps, 0) ÷ max(every, 1)
    x, v = zeros(length(chain), rows), zeros(length(chain), rows)
    check(chain, nndyn_springblock_trajectory(chain, steps, every, rows, x, v))
    return x, v
end

"The load curve y - x_l, l = 0..L."
function separation(chain::SpringBlock)
    out = zeros(length(chain) + 1)
    check(chain, nndyn_springblock_separation(chain, out))
    return out
end

"Mean, deviation, kappa and bow with their errors, and a profile a run; the chain stays where it is."
function ensemble(chain::SpringBlock, runs, steps; options...)
    count, o = length(chain), with_options(options)
    mean, deviation, kappa, bow, profiles = zeros(count), zeros(count), zeros(2), zeros(2), zeros(count, max(runs, 0))
    check(chain, nndyn_springblock_ensemble(chain, runs, steps, o, mean, deviation, kappa, bow, profiles))
    return (mean = mean, deviation = deviation, kappa = kappa, bow = bow, profiles = profiles)
end

"kappa, bow, their errors and the profiles over a grid (noises x frictions); runs 0: the mean field."
function phase(chain::SpringBlock, friction, noise, runs, steps; options...)
    f, s, o = convert(Vector{Float64}, friction), convert(Vector{Float64}, noise), with_options(options)
    k, ke, b, be = ntuple(i -> zeros(length(s), length(f)), 4)
    profiles = zeros(length(chain), length(s), length(f))
    check(chain, nndyn_springblock_phase(chain, length(f), f, length(s), s, runs, steps, o, k, ke, b, be, profiles))
    return (kappa = k, kappa_error = ke, bow = b, bow_error = be, profiles = profiles)
end

"`(positions at rest without noise, how many blocks ever move)`."
function stuck(chain::SpringBlock)
    x, moved = zeros(length(chain)), Ref{Int64}(0)
    check(chain, nndyn_springblock_stuck(chain, x, moved))
    return x, moved[]
end

"How far, or how hard, one must pull for the n-th block from the end to move."
function cascade(chain::SpringBlock)
    out = zeros(length(chain))
    check(chain, nndyn_springblock_cascade(chain, out))
    return out
end

"Mean positions of the stationary state under noise."
function equilibrium(chain::SpringBlock)
    out = zeros(length(chain))
    check(chain, nndyn_springblock_equilibrium(chain, out))
    return out
end

"Stationary covariance of the positions."
function covariance(chain::SpringBlock)
    out = zeros(length(chain), length(chain))
    check(chain, nndyn_springblock_covariance(chain, out))
    return out
end

"Mean velocity, its mean square and the mobility of a block under constant forces."
function drift(chain::SpringBlock, force)
    f = convert(Vector{Float64}, force)
    mean, square, mobility = zeros(length(f)), zeros(length(f)), zeros(length(f))
    check(chain, nndyn_springblock_drift(chain, length(f), f, mean, square, mobility))
    return (mean = mean, square = square, mobility = mobility)
end

"Where the mean field takes the chain; it stays where it is."
function mean_field(chain::SpringBlock, steps)
    x = zeros(length(chain))
    check(chain, nndyn_springblock_mean_field(chain, steps, x))
    return x
end

"Of the slowest mode about the stationary state, in steps."
function relaxation_time(chain::SpringBlock)
    steps = Ref{Cdouble}(0)
    check(chain, nndyn_springblock_relaxation_time(chain, steps))
    return steps[]
end

# ---- recording -------------------------------------------------------------------------------------------------------

"""
    Recorder(trainer)

What is measured while a trainer trains: probes, each with a cadence and a table of its own. Functions that add a probe
take `every`, `first`, `per_decade`, `initial`, `name`, `file` and `append` as keyword arguments and return its number.
"""
Recorder(trainer::Trainer) = Recorder(created(out -> nndyn_recorder_create(trainer, out), trainer), trainer)

function probe_number(add, recorder)
    number = Ref{Int64}(0)
    check(recorder, add(number))
    return number[]
end

"Loss of the batch, learning rate, norm of the gradient."
record_training!(recorder::Recorder; options...) =
    probe_number(n -> nndyn_recorder_add_training(recorder, with_options(options), n), recorder)

"Parameters after the step, by their indices (from 0)."
function record_parameters!(recorder::Recorder, indices; options...)
    list = collect(Int64, indices)
    return probe_number(recorder) do n
        nndyn_recorder_add_parameters(recorder, length(list), list, with_options(options), n)
    end
end

"What the step changed of parameters, by their indices (from 0)."
function record_updates!(recorder::Recorder, indices; options...)
    list = collect(Int64, indices)
    return probe_number(recorder) do n
        nndyn_recorder_add_updates(recorder, length(list), list, with_options(options), n)
    end
end

"Entries of the gradient that the step went by, by their indices (from 0)."
function record_gradients!(recorder::Recorder, indices; options...)
    list = collect(Int64, indices)
    return probe_number(recorder) do n
        nndyn_recorder_add_gradients(recorder, length(list), list, with_options(options), n)
    end
end

"Feed a set of fluctuations with the gradient of each step; there is no table."
function record_fluctuations!(recorder::Recorder, set::Fluctuations; options...)
    push!(recorder.parent.keep, set.keep)
    return probe_number(n -> nndyn_recorder_add_fluctuations(recorder, set, with_options(options), n), recorder)
end

"Loss, accuracy, separation at every site and statistics of the load curve, on data with labels."
function record_load_curve!(recorder::Recorder, data::Dataset; options...)
    push!(recorder.parent.keep, data.keep)
    return probe_number(n -> nndyn_recorder_add_load_curve(recorder, data, with_options(options), n), recorder)
end

"Loss on a data set, and accuracy if it has labels."
function record_evaluation!(recorder::Recorder, data::Dataset; options...)
    push!(recorder.parent.keep, data.keep)
    return probe_number(n -> nndyn_recorder_add_evaluation(recorder, data, with_options(options), n), recorder)
end

probe_callback(user::Ptr{Cvoid}, step::Int64, network::Ptr{Cvoid}, count::Int64, row::Ptr{Cdouble}) =
    guarded(user, step, count, row)

"`evaluate(step, network)` returns a number for each of `columns`, a list of names; none: the result is not looked at."
function record_callback!(recorder::Recorder, columns, evaluate; options...)
    trainer = recorder.parent
    callback = Callback() do step, count, row
        values = evaluate(step, trainer.parent)
        count > 0 && (unsafe_wrap(Array, row, count) .= values)
        return 0
    end
    run = @cfunction(probe_callback, Cint, (Ptr{Cvoid}, Int64, Ptr{Cvoid}, Int64, Ptr{Cdouble}))
    user, names = pointer_from_objref(callback), join(columns, ',')
    # With the trainer: a recorder that is freed during a call in another thread is fed until its end.
    push!(trainer.keep, callback)
    return probe_number(recorder) do n
        nndyn_recorder_add_callback(recorder, names, run, user, with_options(options), n)
    end
end

"Measure a probe at exactly these steps."
function record_at!(recorder::Recorder, probe, steps)
    list = collect(Int64, steps)
    check(recorder, nndyn_recorder_set_steps(recorder, probe, length(list), list))
    return recorder
end

function probe_name(recorder::Recorder, probe, column)
    text = zeros(UInt8, 64)
    check(recorder, nndyn_recorder_name(recorder, probe, column, length(text), text, C_NULL))
    return GC.@preserve text unsafe_string(pointer(text))
end

"Names of the probes, in the order of their numbers."
function probes(recorder::Recorder)
    count = Ref{Int64}(0)
    check(recorder, nndyn_recorder_probes(recorder, count))
    return [probe_name(recorder, i, -1) for i in 0:count[]-1]
end

"Size of a probe's table; `written` of its rows are in the probe's file alone."
function shape(recorder::Recorder, probe)
    columns, rows, written = Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    check(recorder, nndyn_recorder_shape(recorder, probe, columns, rows, written))
    return (columns = columns[], rows = rows[], written = written[])
end

"Names of the columns of a table, \"step\" the first."
columns(recorder::Recorder, probe) = [probe_name(recorder, probe, c) for c in 0:shape(recorder, probe).columns-1]

"Rows of a table, each a column of the matrix; by default all that are in memory."
function rows(recorder::Recorder, probe, first = shape(recorder, probe).written,
    count = shape(recorder, probe).rows - first)
    values = zeros(shape(recorder, probe).columns, count)
    check(recorder, nndyn_recorder_rows(recorder, probe, first, count, values))
    return values
end

write_csv(recorder::Recorder, probe, path) = check(recorder, nndyn_recorder_write_csv(recorder, probe, path))

"Write out rows of probes with a file."
flush!(recorder::Recorder) = check(recorder, nndyn_recorder_flush(recorder))

# ---- order of samples ------------------------------------------------------------------------------------------------

"Concordance of two numbers of each sample: counts, tau_b, rho, verdict, strict index, discordance."
function order_pairs(h::AbstractVector, g::AbstractVector; context = default_context())
    fields, outputs = dense_array(Float64, h, "h", length(h)), dense_array(Float64, g, "g", length(h))
    counts, tau, rho = zeros(Int64, ORDER_COUNTS), Ref(0.0), Ref(0.0)
    check(context, nndyn_order_pairs(context, length(fields), fields, outputs, counts, tau, rho))
    return merge((counts = counts, tau_b = tau[], rho = rho[]), order_verdict(counts; context = context))
end

"What counts of pairs say of a map: `(verdict, strict, discordance)`."
function order_verdict(counts::AbstractVector; context = default_context())
    given = dense_array(Int64, counts, "counts", ORDER_COUNTS)
    verdict, strict, discordance = Ref{Cint}(0), Ref(0.0), Ref(0.0)
    check(context, nndyn_order_verdict(context, given, verdict, strict, discordance))
    return (verdict = verdict[], strict = strict[], discordance = discordance[])
end

"`(roles, tied)` of neurons whose local fields are the rows of h (samples are columns)."
function order_roles(activation, h::AbstractMatrix; context = default_context(), options...)
    fields, o = dense_array(Float64, h, "h", size(h)...), with_options(options)
    roles, tied = zeros(Cint, size(h, 1)), zeros(Int64, size(h, 1))
    check(context, nndyn_order_roles(context, activation, size(h, 2), size(h, 1), fields, o, roles, tied))
    return (roles = roles, tied = tied)
end

bundle_arrays(w, b, v) = map((x, name) -> dense_array(Float64, x, name, length(w)), (w, b, v), ("w", "b", "v"))

"Extrema of y(h) = sum_j v_j f(w_j h + b_j), and what it does to order."
function order_bundle(w, b, v, activation; context = default_context(), options...)
    (x, y, z), o = bundle_arrays(w, b, v), with_options(options)
    count, verdict, certain = Ref{Int64}(0), Ref{Cint}(0), Ref{Cint}(0)
    run(room, positions, values) = check(context,
        nndyn_order_bundle(context, length(x), x, y, z, activation, o, room, positions, values, count, verdict,
                           certain))
    run(0, C_NULL, C_NULL)
    positions, values = zeros(count[]), zeros(count[])
    run(length(positions), positions, values)
    return (positions = positions, values = values, verdict = verdict[], certain = certain[] != 0)
end

"The bundle on samples h: its outputs, extrema between them, and what they show."
function order_bundle_on(w, b, v, activation, h; context = default_context(), options...)
    (x, y, z), o = bundle_arrays(w, b, v), with_options(options)
    fields = dense_array(Float64, h, "h", length(h))
    out, between, verdict = zeros(length(fields)), Ref{Int64}(0), Ref{Cint}(0)
    check(context, nndyn_order_bundle_on(context, length(x), x, y, z, activation, o, length(fields), fields, out,
                                         between, verdict))
    return (y = out, between = between[], verdict = verdict[])
end

"`(counts, tau_b, rho)` of sum v f(h) against sum v h, of units (from 0; all) of an activation layer."
function order_group(net::Network, data::Dataset, layer, v; units = nothing, options...)
    reads, o = dense_array(Float64, v, "v", length(v)), with_options(options)
    chosen = units === nothing ? C_NULL : dense_array(Int64, units, "units", length(v))
    counts, tau, rho = zeros(Int64, ORDER_COUNTS), Ref(0.0), Ref(0.0)
    check(net, nndyn_order_group(net, data, layer, length(reads), chosen, reads, o, counts, tau, rho))
    return (counts = counts, tau_b = tau[], rho = rho[])
end

"`(tau_b, rho, index)`: logits of the linear substitution against true ones; a column a cut, a row a class."
function order_tail(net::Network, data::Dataset; options...)
    cuts, o = Ref{Int64}(0), with_options(options)
    check(net, nndyn_order_tail(net, data, o, 0, C_NULL, C_NULL, C_NULL, cuts))
    tau, rho, index = zeros(shape(net).outputs, cuts[]), zeros(shape(net).outputs, cuts[]), zeros(cuts[])
    check(net, nndyn_order_tail(net, data, o, cuts[], tau, rho, index, cuts))
    return (tau_b = tau, rho = rho, index = index)
end

# ---- derivative correlations -----------------------------------------------------------------------------------------

"Exact tensors of correlations on a small batch; parts is a sum of CORRELATION_*."
function correlations(net::Network, x, rate; parts = 31, options...)
    n, x, o = size(x, 2), inputs_of(net, x), with_options(options)
    return Correlations(created(out -> nndyn_correlations_create(net, n, x, rate, parts, o, out), net), net)
end

"The same handle from given tensors, indices in the reverse order of the C header."
function Correlations(rate::Real, c00, c01; c02 = nothing, c03 = nothing, c11 = nothing, context = default_context())
    m = length(c00)
    f, kernel = dense_array(Float64, c00, "c00", m), dense_array(Float64, c01, "c01", m, m)
    second, third = maybe_array(Float64, c02, "c02", m, m, m), maybe_array(Float64, c03, "c03", m, m, m, m)
    gram = maybe_array(Float64, c11, "c11", m, m, m, m)
    make = out -> nndyn_correlations_create_from(context, m, rate, f, kernel, second, third, gram, out)
    return Correlations(created(make, context), context)
end

"`(outputs, rate, parts, flags)`"
info(c::Correlations) =
    Tuple(numbers_of((o...) -> nndyn_correlations_info(c, o...), c, Int64, Cdouble, Cint, Cint))

"A tensor, `which` one of CORRELATION_*."
function tensor(c::Correlations, which)
    slots = Dict(CORRELATION_C00 => 1, CORRELATION_C01 => 2, CORRELATION_C02 => 3)
    values = zeros(ntuple(i -> Int(info(c)[1]), get(slots, which, 4)))
    check(c, nndyn_correlations_get(c, which, length(values), values))
    return values
end

"`(lower, upper, frobenius)` of a tensor over its output slots."
function norms(c::Correlations, which; options...)
    o = with_options(options)
    run = (l, u, f) -> nndyn_correlations_norm(c, which, o, l, u, f)
    return Tuple(numbers_of(run, c, Cdouble, Cdouble, Cdouble))
end

"Those of alpha f at `rate` times the rate."
rescale(c::Correlations, alpha, rate) =
    Correlations(created(out -> nndyn_correlations_rescale(c, alpha, rate, out), c), c)

"A-priori bound of the deviation from the linear model: `(bound, closed, contraction, flags)`."
function deviation_bound(c::Correlations, y, kappa, steps; options...)
    y, o = dense_array(Float64, y, "y", Int(info(c)[1])), with_options(options)
    bound, closed, flags = zeros(steps + 1), zeros(2), Ref{Cint}(0)
    check(c, nndyn_correlations_bound(c, y, kappa, steps, o, bound, closed, flags))
    return (bound = bound, closed = closed[1], contraction = closed[2], flags = flags[])
end

"Training to order 1/width, and the linear model, a step a column: `(outputs, linear, valid, flags)`."
function predict(c::Correlations, y, weights, steps; options...)
    m, o = Int(info(c)[1]), with_options(options)
    y, weights = dense_array(Float64, y, "y", m), dense_array(Float64, weights, "weights", m)
    outputs, linear, valid, flags = zeros(m, steps + 1), zeros(m, steps + 1), Ref{Int64}(0), Ref{Cint}(0)
    check(c, nndyn_correlations_predict(c, y, weights, steps, o, outputs, linear, valid, flags))
    return (outputs = outputs, linear = linear, valid = valid[], flags = flags[])
end

"C^{0,d}[e..], |C^{1,d}_i[e..]|, |sum e_i C^{1,d}_i[e..]|, d = 0..order: `(values, norms, contracted, flags)`."
function correlation_direction(net::Network, x, rate, e, order; options...)
    k, n, o = shape(net).outputs, size(x, 2), with_options(options)
    x, e = inputs_of(net, x), dense_array(Float64, e, "e", k, n)
    values, lengths, contracted = zeros(k, n, order + 1), zeros(k, n, order + 1), zeros(order + 1)
    flags = Ref{Cint}(0)
    check(net, nndyn_correlation_direction(net, n, x, rate, e, order, o, values, lengths, contracted, flags))
    return (values = values, norms = lengths, contracted = contracted, flags = flags[])
end

"Operator norm of C^{2,0} of sum weights_i f_i, or of C^{2,1}[e]: `(norm, flags)`."
function correlation_operator_norm(net::Network, x, rate, weights; e = nothing, options...)
    k, n, o = shape(net).outputs, size(x, 2), with_options(options)
    x, weights = inputs_of(net, x), dense_array(Float64, weights, "weights", k, n)
    d, e = e === nothing ? 0 : 1, maybe_array(Float64, e, "e", k, n)
    run = (v, f) -> nndyn_correlation_operator_norm(net, n, x, rate, weights, d, e, o, v, f)
    return Tuple(numbers_of(run, net, Cdouble, Cint))
end

"C^{0,d}[e..] from outputs seen after one step at several rates: `(values, residuals)`."
function correlation_observe(net::Network, x, rate, e, degree; options...)
    k, n, o = shape(net).outputs, size(x, 2), with_options(options)
    x, e = inputs_of(net, x), dense_array(Float64, e, "e", k, n)
    values, residuals = zeros(k, n, degree + 1), zeros(k, n)
    check(net, nndyn_correlation_observe(net, n, x, rate, e, degree, o, values, residuals))
    return (values = values, residuals = residuals)
end

"The same from given outputs, a factor of the rate a column."
function correlation_recover(rates, observed::AbstractMatrix, degree; context = default_context())
    m, nodes = size(observed)
    r, seen = dense_array(Float64, rates, "rates", nodes), dense_array(Float64, observed, "observed", m, nodes)
    values, residuals = zeros(m, degree + 1), zeros(m)
    check(context, nndyn_correlation_recover(context, nodes, r, m, seen, degree, values, residuals))
    return (values = values, residuals = residuals)
end

"The factor of C^{D,d} when f becomes alpha f and the rate `rate` times itself."
correlation_factor(uncontracted, contracted, alpha, rate; context = default_context()) =
    numbers_of(o -> nndyn_correlation_factor(context, uncontracted, contracted, alpha, rate, o), context, Cdouble)[1]

"The a-priori bound from norms at initialization: `(bound, closed, contraction, flags)`."
function deviation_bound(c02::Real, c03, c11, rate, kappa, eigenvalues, residuals, steps; context = default_context())
    m = length(eigenvalues)
    lambda, q = dense_array(Float64, eigenvalues, "eigenvalues", m), dense_array(Float64, residuals, "residuals", m)
    bound, closed, flags = zeros(steps + 1), zeros(2), Ref{Cint}(0)
    check(context,
          nndyn_correlation_bound(context, c02, c03, c11, m, rate, kappa, lambda, q, steps, bound, closed, flags))
    return (bound = bound, closed = closed[1], contraction = closed[2], flags = flags[])
end

"Is the network lazy?  `(values, flags)`, LAZY_* + 1 the places of the values."
function correlation_report(net::Network, x, y, rate; observed = nothing, steps = 30, options...)
    k, n, o = shape(net).outputs, size(x, 2), with_options(pairs((; steps = steps, options...)))
    x, y = inputs_of(net, x), targets_of(net, x, y)
    seen = maybe_array(Float64, observed, "observed", k, n, steps + 1)
    values, flags = zeros(LAZY_VALUES), Ref{Cint}(0)
    check(net, nndyn_correlation_report(net, n, x, y, rate, seen, o, length(values), values, flags))
    return (values = values, flags = flags[])
end

# ---- separation of classes -------------------------------------------------------------------------------------------

separation_values(v, flags) =
    (d = v[1], d_hs = v[2], d_inverse = v[3], within = v[4], between = v[5], rank_between = v[6], rank_within = v[7],
     condition = v[8], classes = v[9], samples = v[10], flags = flags)

features(x::AbstractMatrix{Float32}) = dense_array(Float32, x, "x", size(x)...)
features(x::AbstractMatrix) = dense_array(Float64, x, "x", size(x)...)

"Separation of classes of the columns of x; without `classes`, labels of any range."
function separation(x::AbstractMatrix, labels; classes = 0, context = default_context(), options...)
    points, l = features(x), dense_array(Int64, labels, "labels", size(x, 2))
    values, flags, o = zeros(SEPARATION_VALUES), Ref{Cint}(0), with_options(options)
    run = points isa Matrix{Float32} ? nndyn_separation_f32 : nndyn_separation
    check(context, run(context, size(x, 2), size(x, 1), points, classes, l, o, length(values), values, flags))
    return separation_values(values, flags[])
end

"`(fuzziness, vectors)`: the discriminant directions as columns, the best separated first."
function separation_directions(x::AbstractMatrix, labels; classes = 0, context = default_context(), options...)
    points, l = features(x), dense_array(Int64, labels, "labels", size(x, 2))
    room = max(1, min(classes > 0 ? classes : length(unique(l)), size(x, 1)))
    fuzziness, vectors, count, o = zeros(room), zeros(size(x, 1), room), Ref{Int64}(0), with_options(options)
    run = points isa Matrix{Float32} ? nndyn_separation_directions_f32 : nndyn_separation_directions
    check(context,
          run(context, size(x, 2), size(x, 1), points, classes, l, o, room, fuzziness, vectors, count))
    return (fuzziness = fuzziness[1:count[]], vectors = vectors[:, 1:count[]])
end

"Separation of classes of features that come in pieces; `he_su = 1` and `inverse = 1` need a second pass."
function SeparationStream(width::Integer, classes::Integer; context = default_context(), options...)
    o = with_options(options)
    pointer = created(out -> nndyn_separation_stream_create(context, width, classes, o, out), context)
    return SeparationStream(pointer, context)
end

function add!(stream::SeparationStream, x::AbstractMatrix, labels)
    points, l = features(x), dense_array(Int64, labels, "labels", size(x, 2))
    run = points isa Matrix{Float32} ? nndyn_separation_stream_add_f32 : nndyn_separation_stream_add
    check(stream, run(stream, size(x, 2), points, l))
    return stream
end

function merge!(stream::SeparationStream, other::SeparationStream)
    check(stream, nndyn_separation_stream_merge(stream, other))
    return stream
end

Base.copy(stream::SeparationStream) =
    SeparationStream(created(out -> nndyn_separation_stream_copy(stream, out), stream), stream.parent)

"End the first pass: the same samples are to be added again."
function second_pass!(stream::SeparationStream)
    check(stream, nndyn_separation_stream_second_pass(stream))
    return stream
end

function separation(stream::SeparationStream)
    values, flags = zeros(SEPARATION_VALUES), Ref{Cint}(0)
    check(stream, nndyn_separation_stream_get(stream, length(values), values, flags))
    return separation_values(values, flags[])
end

"The linear maps above each layer, and with data what they are worth."
function linear_substitution(net::Network, data = nothing; options...)
    o, d = with_options(options), data === nothing ? C_NULL : data
    return Substitution(created(out -> nndyn_linear_substitution(net, d, o, out), net), net)
end

"`(cuts, classes, samples)`"
function Base.size(s::Substitution)
    return Tuple(numbers_of((o...) -> nndyn_substitution_shape(s, o...), s, Int64, Int64, Int64))
end

"`(layer, width)` of a cut 0, 1, ...: the layer of the network whose output it is, -1 for the input."
function cut(s::Substitution, number)
    layer, width = numbers_of((o...) -> nndyn_substitution_cut(s, number, o...), s, Int64, Int64)
    return (layer = layer, width = width)
end

"`(matrix, offset, exponent)` of a cut: logits = 2^exponent matrix' a + offset, a class a column."
function linear_map(s::Substitution, number)
    classes, width = size(s)[2], cut(s, number).width
    matrix, offset, exponent = zeros(width, classes), zeros(classes), Ref{Int64}(0)
    check(s, nndyn_substitution_map(s, number, length(matrix), matrix, offset, exponent))
    return (matrix = matrix, offset = offset, exponent = exponent[])
end

"`(accuracy, agreement, network)`: of all cuts, and the network's accuracy."
function accuracy(s::Substitution)
    count = size(s)[1]
    of_cuts, agreement, network = zeros(count), zeros(count), Ref(0.0)
    check(s, nndyn_substitution_accuracy(s, count, of_cuts, agreement, network))
    return (accuracy = of_cuts, agreement = agreement, network = network[])
end

"The cut from which on the network is linear within the tolerance."
prunable(s::Substitution) = numbers_of(o -> nndyn_substitution_prunable(s, o), s, Int64)[1]

"Rank distributions of all hidden layers."
function rank_distribution(net::Network, data::Dataset; options...)
    o = with_options(options)
    return Ranks(created(out -> nndyn_rank_distribution(net, data, o, out), net), net)
end

"Rank distributions of given fields, a sample a column, with signs of `map`, a class a column."
function rank_distribution(h::AbstractMatrix, map::AbstractMatrix, labels; context = default_context(), options...)
    units, samples = size(h)
    fields, m = dense_array(Float64, h, "h", units, samples), dense_array(Float64, map, "map", units, size(map, 2))
    l, o = dense_array(Int64, labels, "labels", samples), with_options(options)
    make = out -> nndyn_rank_distribution_of(context, samples, units, fields, size(m, 2), m, l, o, out)
    return Ranks(created(make, context), context)
end

"`(layers, classes, bins)`"
Base.size(r::Ranks) = Tuple(numbers_of((o...) -> nndyn_ranks_shape(r, o...), r, Int64, Int64, Int64))

"The figures of a layer, RANKS_* + 1 their places."
function layer_ranks(r::Ranks, layer)
    values = zeros(RANKS_VALUES)
    check(r, nndyn_ranks_layer(r, layer, length(values), values))
    return values
end

"A quantity, RANK_*, of each unit and class of a layer: units x classes."
function unit_ranks(r::Ranks, layer, quantity = RANK_GRADIENT)
    values = zeros(Int(layer_ranks(r, layer)[RANKS_UNITS + 1]), size(r)[2])
    check(r, nndyn_ranks_units(r, layer, quantity, length(values), values))
    return values
end

"Density of ranks in equal bins, of a class or (-1) of the layer."
function rank_density(r::Ranks, layer, label = -1)
    density = zeros(size(r)[3])
    check(r, nndyn_ranks_density(r, layer, label, length(density), density))
    return density
end

"`(points, directions, values)`: last hidden activations on the last weights' singular vectors, as columns."
function projection(net::Network, data::Dataset, count = 2; options...)
    dense = filter(l -> l.kind == DENSE, [layer(net, i) for i in 0:(shape(net).layers - 1)])
    width = isempty(dense) ? 0 : dense[end].inputs
    points, directions, values = zeros(count, shape(data).samples), zeros(width, count), zeros(count)
    check(net, nndyn_projection(net, data, with_options(options), count, points, directions, values))
    return (points = points, directions = directions, values = values)
end

"Accuracy, that with recalibrated statistics, and the lag of each batch norm layer, on labeled data."
function record_batch_norm!(recorder::Recorder, data::Dataset; options...)
    push!(recorder.parent.keep, data.keep)
    return probe_number(n -> nndyn_recorder_add_batch_norm(recorder, data, with_options(options), n), recorder)
end

"How far the running means of each batch norm layer are behind those of the data, in its deviations."
function batch_norm_lag(net::Network, data::Dataset)
    layers = Ref{Int64}(0)
    check(net, nndyn_batch_norm_lag(net, data, 0, C_NULL, layers))
    lag = zeros(layers[])
    check(net, nndyn_batch_norm_lag(net, data, length(lag), lag, layers))
    return lag
end

"Accuracy with statistics of batch norm recalibrated on the data; the network stays as it is."
function batch_norm_accuracy(net::Network, data::Dataset)
    accuracy = Ref(0.0)
    check(net, nndyn_batch_norm_accuracy(net, data, accuracy))
    return accuracy[]
end

"Replace the running statistics of batch norm by those of the data."
function batch_norm_recalibrate!(net::Network, data::Dataset)
    check(net, nndyn_batch_norm_recalibrate(net, data))
    return net
end

"`PHASE_RANDOM`, `PHASE_EARLY`, ... of each checkpoint (column) by the rank gradients of the layers (rows)."
function learning_phases(gradient::AbstractMatrix, deviation = nothing; context = default_context(), options...)
    layers, count = size(gradient)
    g = dense_array(Float64, gradient, "gradient", layers, count)
    d = deviation === nothing ? C_NULL : dense_array(Float64, deviation, "deviation", layers, count)
    phase, rho, spread, o = zeros(Cint, count), zeros(count), zeros(count), with_options(options)
    check(context, nndyn_learning_phases(context, count, layers, g, d, o, phase, rho, spread))
    return (phase = phase, rho = rho, spread = spread)
end

"`(peak, phase)` of a single hidden layer: the checkpoint (from 1) of the largest gradient."
function learning_peak(gradient::AbstractVector; context = default_context())
    g, peak, phase = dense_array(Float64, gradient, "gradient", length(gradient)), Ref{Int64}(0),
    zeros(Cint, length(gradient))
    check(context, nndyn_learning_peak(context, length(g), g, peak, phase))
    return (peak = peak[] + 1, phase = phase)
end

"The first checkpoint (from 1) where a network is better than a linear one by more than chance; or `nothing`."
function learning_separation(accuracy::AbstractVector, linear::AbstractVector, samples; context = default_context(),
                             options...)
    n, found, o = length(accuracy), Ref{Int64}(0), with_options(options)
    p, q = dense_array(Float64, accuracy, "accuracy", n), dense_array(Float64, linear, "linear", n)
    check(context, nndyn_learning_separation(context, n, p, q, samples, o, found))
    return found[] < n ? found[] + 1 : nothing
end

"Whether test accuracy rises long after the training set is memorized: `GROKKING_UNLEARNED`, `GROKKING_PROMPT`, ..."
function grokking(steps::AbstractVector, train::AbstractVector, test::AbstractVector, batch = nothing;
                  context = default_context(), options...)
    n, verdict, v, o = length(steps), Ref{Cint}(0), zeros(GROKKING_VALUES), with_options(options)
    at = dense_array(Int64, steps, "steps", n)
    p, q = dense_array(Float64, train, "train", n), dense_array(Float64, test, "test", n)
    r = batch === nothing ? C_NULL : dense_array(Float64, batch, "batch", n)
    check(context, nndyn_grokking(context, n, at, p, q, r, o, length(v), v, verdict))
    return (verdict = verdict[], memorized = v[1], generalized = v[2], delay = v[3], before = v[4], best = v[5])
end

"Radii of the basins of labeled data, by noise on the inputs and (`weight_draws = n`) on the weights."
function record_basin!(recorder::Recorder, data::Dataset; options...)
    push!(recorder.parent.keep, data.keep)
    return probe_number(n -> nndyn_recorder_add_basin(recorder, data, with_options(options), n), recorder)
end

"Rank gradients, order-preserving fractions and accuracies of the linear substitution, on labeled data."
function record_order!(recorder::Recorder, data::Dataset; options...)
    push!(recorder.parent.keep, data.keep)
    return probe_number(n -> nndyn_recorder_add_order(recorder, data, with_options(options), n), recorder)
end

"`(layers, widths)` of the sites where separation is measured; layer -1 is the input itself."
function separation_layers(net::Network; options...)
    count, o = Ref{Int64}(0), with_options(options)
    check(net, nndyn_separation_layers(net, o, 0, C_NULL, C_NULL, count))
    layers, widths = zeros(Int64, count[]), zeros(Int64, count[])
    check(net, nndyn_separation_layers(net, o, length(layers), layers, widths, count))
    return (layers = layers, widths = widths)
end

"Separation at every site of a network, with loss and accuracy of the same pass."
function separation(net::Network, data::Dataset; outputs = 0, options...)
    sites = length(separation_layers(net; outputs = outputs).layers)
    values, flags = zeros(SEPARATION_VALUES, sites), zeros(Cint, sites)
    loss, accuracy, o = Ref{Cdouble}(0), Ref{Cdouble}(0), with_options(pairs((; outputs = outputs, options...)))
    check(net,
          nndyn_network_separation(net, data, o, sites, size(values, 1), values, flags, C_NULL, loss, accuracy))
    each = [separation_values(values[:, i], flags[i]) for i in 1:sites]
    return (d = values[1, :], values = each, loss = loss[], accuracy = accuracy[])
end

"Loads and statistics of a curve of separations."
function load_curve(d; drop_last = 0, context = default_context(), options...)
    points, values, verdict = convert(Vector{Float64}, d), zeros(LOAD_CURVE_VALUES), Ref{Cint}(0)
    loads = zeros(max(0, length(points) - 1 - drop_last))
    o = with_options(pairs((; drop_last = drop_last, options...)))
    check(context, nndyn_load_curve(context, length(points), points, o, loads, length(values), values, verdict))
    return (loads = loads, v = values[1], c = values[2], kappa = values[3], sigma = values[4], bow = values[5],
            r_squared = values[6], slope = values[7], quadratic = values[8], monotone = values[9],
            largest = values[10], drop = values[11], verdict = verdict[])
end

load_curve_verdict_name(verdict) = unsafe_string(nndyn_load_curve_verdict_name(verdict))

"The run (from 1; 0 for none) of the straightest load curve among those that trained, and where to go from there."
function load_curve_advice(levels, bows, sigmas, losses, limit; context = default_context(), options...)
    rows = [convert(Vector{Float64}, levels)]
    for (values, name) in ((bows, "bows"), (sigmas, "sigmas"), (losses, "losses"))
        push!(rows, dense_array(Float64, values, name, length(levels)))
    end
    run, direction, level, o = Ref{Int64}(0), Ref{Cint}(0), Ref{Cdouble}(0), with_options(options)
    check(context, nndyn_load_curve_advice(context, length(levels), rows..., limit, o, run, direction, level))
    return (straightest = run[] + 1, direction = direction[], level = level[])
end

# ---- maps ------------------------------------------------------------------------------------------------------------

map_callback(user::Ptr{Cvoid}, parameters::Ptr{Cdouble}, count::Int64, states::Ptr{Cdouble}, next::Ptr{Cdouble}) =
    guarded(user, parameters, count, states, next)

"A map, or with options a flow, of `advance(states, values)`; states are the columns of a matrix."
function map_of_function(create, dimension, advance, parameters, context)
    values = Float64[last(p) for p in parameters]
    callback = Callback() do given, count, states, next
        x = copy(unsafe_wrap(Array, states, (Int(dimension), Int(count))))
        result = advance(x, isempty(values) ? Float64[] : copy(unsafe_wrap(Array, given, length(values))))
        y = dense_array(Float64, result, "the next states", Int(dimension), Int(count))
        copyto!(unsafe_wrap(Array, next, (Int(dimension), Int(count))), y)
        return 0
    end
    run = @cfunction(map_callback, Cint, (Ptr{Cvoid}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}))
    names, user = join([string(first(p)) for p in parameters], ','), pointer_from_objref(callback)
    made = StateMap(created(out -> create(names, values, run, user, out), context), context)
    push!(made.keep, callback)
    return made
end

"""
    StateMap(dimension, advance; parameters = [])

A map of a state to the next, asked for many at once: `advance(states, values)` takes the states as columns and the
values of `parameters`, a list of pairs of name and default, and returns the successors.
"""
StateMap(dimension::Integer, advance; parameters = [], context = default_context()) =
    map_of_function(dimension, advance, parameters, context) do names, values, run, user, out
        nndyn_map_create(context, dimension, names, values, run, user, C_NULL, out)
    end

"One step of the flow x' = rhs(x, values): options \"method\" (\"rk4\" or \"euler\"), \"step\"."
flow_map(dimension::Integer, rhs; parameters = [], context = default_context(), options...) =
    map_of_function(dimension, rhs, parameters, context) do names, values, run, user, out
        nndyn_map_create_flow(context, dimension, names, values, run, user, with_options(options), out)
    end

"Full-batch gradient descent from any parameters: options \"rate\", \"decay\", \"momentum\", \"lanes\"."
training_map(net::Network, data::Dataset; options...) =
    StateMap(created(out -> nndyn_map_create_training(net, data, with_options(options), out), net), net)

"x -> x + step (f(x) - x), f the network: option \"step\"."
network_map(net::Network; options...) =
    StateMap(created(out -> nndyn_map_create_network(net, with_options(options), out), net), net)

"(dimension, number of parameters)"
function shape(m::StateMap)
    dimension, parameters = Ref{Int64}(0), Ref{Int64}(0)
    check(m, nndyn_map_shape(m, dimension, parameters))
    return (dimension = dimension[], parameters = parameters[])
end

"Name of a parameter, by its number from 0."
function parameter_name(m::StateMap, number)
    text = zeros(UInt8, 64)
    check(m, nndyn_map_parameter_name(m, number, length(text), text, C_NULL))
    return GC.@preserve text unsafe_string(pointer(text))
end

Base.setindex!(m::StateMap, value, name) = check(m, nndyn_map_set(m, string(name), value))

function Base.getindex(m::StateMap, name)
    value = Ref{Float64}(0)
    check(m, nndyn_map_get(m, string(name), value))
    return value[]
end

"The states, columns of a matrix, `steps` steps on."
function apply(m::StateMap, states::AbstractMatrix, steps = 1)
    x = convert(Array{Float64}, states)
    size(x, 1) == shape(m).dimension || throw(DimensionMismatch("states have $(size(x, 1)) rows"))
    next = similar(x)
    check(m, nndyn_map_apply(m, size(x, 2), x, steps, next))
    return next
end

# ---- basin maps ------------------------------------------------------------------------------------------------------

"A linearized model from a kernel (N C x N C; N x N with scalar = true); f0 and y are C x N."
function Linearized(kernel::AbstractMatrix, f0::AbstractMatrix, y::AbstractMatrix; scalar = false,
                    context = default_context(), options...)
    outputs, n = size(f0)
    order, form = scalar ? n : n * outputs, scalar ? LINEARIZED_SCALAR : LINEARIZED_FULL
    k = dense_array(Float64, kernel, "kernel", order, order)
    a, t = dense_array(Float64, f0, "f0", outputs, n), dense_array(Float64, y, "y", outputs, n)
    o = with_options(options)
    pointer = created(out -> nndyn_linearized_create(context, form, n, outputs, k, a, t, o, out), context)
    return Linearized(pointer, context)
end

"The linearized model of a network as it is; samples are columns."
function linearized(net::Network, x::AbstractMatrix, t::AbstractMatrix, x_test = nothing; options...)
    a, b = convert(Array{Float64}, x), convert(Array{Float64}, t)
    c, o = x_test === nothing ? C_NULL : convert(Array{Float64}, x_test), with_options(options)
    test = x_test === nothing ? 0 : size(x_test, 2)
    n = size(a, 2)
    return Linearized(created(out -> nndyn_linearized_create_network(net, n, a, b, test, c, o, out), net), net)
end

"`(form, samples, outputs, test, parameters)`"
function shape(m::Linearized)
    v = numbers_of((o...) -> nndyn_linearized_shape(m, o...), m, Cint, Int64, Int64, Int64, Int64)
    return (form = v[1], samples = v[2], outputs = v[3], test = v[4], parameters = v[5])
end

"Test points: kernel with the training samples (a test row a column) and outputs at the start, C x T."
function set_test!(m::Linearized, kernel::AbstractMatrix, f0::AbstractMatrix)
    k, a = convert(Array{Float64}, kernel), convert(Array{Float64}, f0)
    check(m, nndyn_linearized_set_test(m, size(a, 2), k, a))
    return m
end

"The loss that steps and flow go by; the state starts anew."
function set_loss!(m::Linearized, loss; options...)
    check(m, nndyn_linearized_set_loss(m, loss, with_options(options)))
    return m
end

"Eigenvalues of the kernel, descending."
function eigenvalues(m::Linearized)
    s = shape(m)
    values = zeros(s.samples * (s.form == LINEARIZED_SCALAR ? 1 : s.outputs))
    check(m, nndyn_linearized_eigenvalues(m, length(values), values))
    return values
end

"Figures of a rate, numbered from 0 by LINEARIZED_LARGEST ... LINEARIZED_RANK."
function stability(m::Linearized, rate; rule = LINEARIZED_DESCENT, options...)
    values = zeros(LINEARIZED_FIGURES)
    check(m, nndyn_linearized_stability(m, rule, rate, with_options(options), length(values), values))
    return values
end

"`(coefficients, train, test)` after so many steps or so long a time, Inf included, in closed form."
function predict(m::Linearized, rate, time; rule = LINEARIZED_DESCENT, options...)
    s, o = shape(m), with_options(options)
    c, train, test = zeros(s.outputs, s.samples), zeros(s.outputs, s.samples), zeros(s.outputs, s.test)
    check(m, nndyn_linearized_predict(m, rule, rate, time, o, c, train, s.test > 0 ? test : C_NULL))
    return (coefficients = c, train = train, test = test)
end

"A step on some samples (numbers from 0; nothing: all), each of this weight."
function step!(m::Linearized, rate; rows = nothing, t = nothing, weight = nothing, momentum = 0)
    r, y = rows === nothing ? C_NULL : convert(Array{Int64}, rows), t === nothing ? C_NULL : convert(Array{Float64}, t)
    count = rows === nothing ? shape(m).samples : length(r)
    check(m, nndyn_linearized_step(m, count, r, y, rate, weight === nothing ? 1 / count : weight, momentum))
    return m
end

"Steps by the rule of a trainer on the batches it would take."
function run!(m::Linearized, trainer::Trainer, batches::Batches, steps)
    check(m, nndyn_linearized_run(m, trainer, batches, steps))
    return m
end

"Gradient flow of the state."
function integrate!(m::Linearized, rate, duration; options...)
    check(m, nndyn_linearized_integrate(m, rate, duration, with_options(options)))
    return m
end

"Back to the start."
function reset!(m::Linearized)
    check(m, nndyn_linearized_reset(m))
    return m
end

"`(steps, time, coefficients, train, test)`"
function state(m::Linearized)
    s, steps, time = shape(m), Ref{Int64}(0), Ref(0.0)
    c, train, test = zeros(s.outputs, s.samples), zeros(s.outputs, s.samples), zeros(s.outputs, s.test)
    check(m, nndyn_linearized_get(m, steps, time, c, train, s.test > 0 ? test : C_NULL))
    return (steps = steps[], time = time[], coefficients = c, train = train, test = test)
end

"|w| of coefficients (nothing: of the state)."
function displacement(m::Linearized, coefficients = nothing)
    c, norm = coefficients === nothing ? C_NULL : convert(Array{Float64}, coefficients), Ref(0.0)
    check(m, nndyn_linearized_displacement(m, c, norm))
    return norm[]
end

"theta_0 + w of coefficients (nothing: of the state)."
function parameters(m::Linearized, coefficients = nothing)
    c, out = coefficients === nothing ? C_NULL : convert(Array{Float64}, coefficients), zeros(shape(m).parameters)
    check(m, nndyn_linearized_parameters(m, c, length(out), out))
    return out
end

"The network beside its linear model, on the batches it is going to take: a probe's number."
function record_linearization!(recorder::Recorder, batches::Batches, test = nothing; options...)
    push!(recorder.parent.keep, batches.keep)
    test === nothing || push!(recorder.parent.keep, test.keep)
    d, o = test === nothing ? C_NULL : test, with_options(options)
    return probe_number(n -> nndyn_recorder_add_linearization(recorder, batches, d, o, n), recorder)
end

"Train beside the linear model; a column of LINEARIZATION_* after each of these numbers of steps from here."
function linearized_compare!(trainer::Trainer, batches::Batches, steps, test = nothing; options...)
    s, d, o = convert(Array{Int64}, steps), test === nothing ? C_NULL : test, with_options(options)
    rows = zeros(LINEARIZATION_COLUMNS, length(s))
    check(trainer, nndyn_linearized_compare(trainer, batches, d, length(s), s, o, rows))
    return rows
end

"`(bytes, flops)` of a linearized model from a kernel."
function linearized_forecast(n, outputs = 1, test = 0; scalar = false, context = default_context())
    bytes, flops = Ref{Int64}(0), Ref(0.0)
    form = scalar ? LINEARIZED_SCALAR : LINEARIZED_FULL
    check(context, nndyn_linearized_forecast(context, form, n, outputs, test, bytes, flops))
    return (bytes = bytes[], flops = flops[])
end

"Attractors of a map and their basins: `find!`, then `label` or `label_grid`; states are columns."
BasinMap(m::StateMap; options...) =
    BasinMap(created(out -> nndyn_basin_map_create(m, with_options(options), out), m), m)

"(dimension, number of attractors)"
function shape(b::BasinMap)
    dimension, attractors = Ref{Int64}(0), Ref{Int64}(0)
    check(b, nndyn_basin_map_shape(b, dimension, attractors))
    return (dimension = dimension[], attractors = attractors[])
end

"n random starts: kind NNDYN_STARTS_BOX (corners) or NNDYN_STARTS_NORMAL (center, deviations)."
function starts(b::BasinMap, kind, first, second, n; seed = 0)
    out = zeros(shape(b).dimension, n)
    a, c = convert(Array{Float64}, first), convert(Array{Float64}, second)
    check(b, nndyn_basin_map_starts(b, kind, a, c, seed, n, out))
    return out
end

"Find attractors: (how many are on the list, what became of the starts)."
function find!(b::BasinMap, states::AbstractMatrix)
    x, attractors, counts = convert(Array{Float64}, states), Ref{Int64}(0), zeros(Int64, 4)
    check(b, nndyn_basin_map_find(b, size(x, 2), x, attractors, counts))
    return (attractors = attractors[], counts = counts)
end

"Put a known attractor on the list; its number, from 0."
"How far the basin of an attractor reaches along each direction (a column)."
function rays(b::BasinMap, attractor, directions::AbstractMatrix; options...)
    x, radii = convert(Array{Float64}, directions), zeros(size(directions, 2))
    check(b, nndyn_basin_map_ray(b, attractor, size(x, 2), x, with_options(options), radii))
    return radii
end
function add!(b::BasinMap, point::AbstractVector)
    number = Ref{Int64}(0)
    check(b, nndyn_basin_map_add(b, convert(Array{Float64}, point), number))
    return number[]
end

"Points (columns) of an attractor, by its number from 0, and the radius within which a state has arrived."
function attractor(b::BasinMap, number)
    period, radius = Ref{Int64}(0), Ref{Float64}(0)
    check(b, nndyn_basin_map_attractor(b, number, 0, C_NULL, period, radius))
    points = zeros(shape(b).dimension, period[])
    check(b, nndyn_basin_map_attractor(b, number, period[], points, C_NULL, C_NULL))
    return (points = points, radius = radius[])
end

"(labels, steps) of starts."
function label(b::BasinMap, states::AbstractMatrix)
    x = convert(Array{Float64}, states)
    labels, steps = zeros(Int64, size(x, 2)), zeros(Int64, size(x, 2))
    check(b, nndyn_basin_map_label(b, size(x, 2), x, labels, steps))
    return (labels = labels, steps = steps)
end

"Labels of a grid along coordinates (from 0), the last one fastest: its labels are the rows of the result."
function label_grid(b::BasinMap, coordinates, low, high, counts; origin = zeros(shape(b).dimension))
    n = convert(Array{Int64}, counts)
    labels = zeros(Int64, reverse(n)...)
    check(b, nndyn_basin_map_grid(b, length(n), convert(Array{Int64}, coordinates), convert(Array{Float64}, low),
                                  convert(Array{Float64}, high), n, convert(Array{Float64}, origin), labels, C_NULL))
    return labels
end

"(fractions, low, high) of the attractors, then of undecided, diverged and other."
function fractions(b::BasinMap, labels; options...)
    given = convert(Array{Int64}, labels)
    classes = shape(b).attractors + 3
    f, low, high = zeros(classes), zeros(classes), zeros(classes)
    check(b, nndyn_basin_map_fractions(b, length(given), given, with_options(options), classes, f, low, high))
    return (fractions = f, low = low, high = high)
end

"How many starts went to an attractor, and mean, deviation, median, 95 % quantile and longest of their steps."
function times(b::BasinMap, labels, steps, number)
    count, values = Ref{Int64}(0), zeros(5)
    check(b, nndyn_basin_map_times(b, length(labels), labels, steps, number, count, values))
    return (count = count[], values = values)
end

"(fractions, low, high): the share of kicks of each size that return to an attractor."
function returns(b::BasinMap, number, sizes; options...)
    s = convert(Array{Float64}, collect(sizes))
    f, low, high = zeros(length(s)), zeros(length(s)), zeros(length(s))
    check(b, nndyn_basin_map_returns(b, number, length(s), s, with_options(options), f, low, high))
    return (fractions = f, low = low, high = high)
end

"Size of kicks at which the share that returns falls below theta, its interval, and the last share."
function radius(b::BasinMap, number; options...)
    v = zeros(4)
    check(b, nndyn_basin_map_radius(b, number, with_options(options), v))
    return (radius = v[1], low = v[2], high = v[3], share = v[4])
end

"(length, shock): the smallest kick found that leaves the basin of an attractor."
function shock(b::BasinMap, number; options...)
    length, x = Ref{Float64}(0), zeros(shape(b).dimension)
    check(b, nndyn_basin_map_shock(b, number, with_options(options), length, x))
    return (length = length[], shock = x)
end

"Radius of a ball within the basin for certain, from the Jacobian (rows: outputs) and its Lipschitz constant."
function certified(b::BasinMap, number, jacobian::AbstractMatrix, lipschitz)
    r, rows = Ref{Float64}(0), convert(Array{Float64}, permutedims(jacobian))
    check(b, nndyn_basin_map_certified(b, number, rows, lipschitz, r))
    return r[]
end

"(share, low, high) of starts (columns) that another basin map labels differently; nothing: one with half the step."
function disagreement(b::BasinMap, states::AbstractMatrix; other = nothing, options...)
    x, v = convert(Array{Float64}, states), zeros(3)
    check(b, nndyn_basin_map_disagreement(b, other === nothing ? C_NULL : other, size(x, 2), x, with_options(options),
                                          v))
    return (share = v[1], low = v[2], high = v[3])
end

"Attractors followed over values of a parameter of the map; starts are columns."
function BasinBranches(b::BasinMap, parameter, values, states::AbstractMatrix; options...)
    v, x = convert(Array{Float64}, collect(values)), convert(Array{Float64}, states)
    return BasinBranches(created(out -> nndyn_basin_map_continue(b, parameter, length(v), v, size(x, 2), x,
                                                                 with_options(options), out), b), b)
end

"(number of values, of branches, dimension)"
function shape(b::BasinBranches)
    values, branches, dimension = Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    check(b, nndyn_basin_branches_shape(b, values, branches, dimension))
    return (values = values[], branches = branches[], dimension = dimension[])
end

"Branches (from 0) that have an attractor at a value (from 0), their periods, and how far they have moved."
function branches_at(b::BasinBranches, index)
    n = Ref{Int64}(0)
    check(b, nndyn_basin_branches_at(b, index, 0, C_NULL, C_NULL, C_NULL, n))
    ids, periods, moved = zeros(Int64, n[]), zeros(Int64, n[]), zeros(n[])
    check(b, nndyn_basin_branches_at(b, index, n[], ids, periods, moved, n))
    return (ids = ids, periods = periods, moved = moved)
end

"Points (columns) of the attractor of a branch at a value."
function attractor(b::BasinBranches, index, branch)
    period = Ref{Int64}(0)
    check(b, nndyn_basin_branches_points(b, index, branch, 0, C_NULL, period))
    points = zeros(shape(b).dimension, period[])
    check(b, nndyn_basin_branches_points(b, index, branch, period[], points, C_NULL))
    return points
end

"(fractions, low, high) of a branch, or of a label below 0, at every value."
function fractions(b::BasinBranches, branch)
    n = shape(b).values
    f, low, high = zeros(n), zeros(n), zeros(n)
    check(b, nndyn_basin_branches_fractions(b, branch, n, f, low, high, C_NULL))
    return (fractions = f, low = low, high = high)
end

"What happened: (kind NNDYN_BRANCH_*, its name, index of the value, branch), one a row."
function events(b::BasinBranches)
    n = Ref{Int64}(0)
    check(b, nndyn_basin_branches_events(b, 0, C_NULL, C_NULL, C_NULL, n))
    kinds, indices, ids = zeros(Cint, n[]), zeros(Int64, n[]), zeros(Int64, n[])
    check(b, nndyn_basin_branches_events(b, n[], kinds, indices, ids, n))
    return [(kind = k, name = unsafe_string(nndyn_branch_event_name(k)), index = i, branch = id)
            for (k, i, id) in zip(kinds, indices, ids)]
end

"Entropy, boundary entropy, fraction of boxes on the boundary and boxes, of a grid of labels."
function basin_entropy(labels::Array{Int64}; context = default_context(), options...)
    counts, values = collect(Int64, reverse(size(labels))), zeros(4)
    check(context, nndyn_basin_entropy(context, length(counts), counts, labels, with_options(options), values))
    return values
end

"Uncertainty exponent of a grid of labels, its standard error, and the uncertain fractions at 1, 2, 4, ..."
function basin_uncertainty(labels::Array{Int64}, scales = 4; context = default_context())
    counts, f = collect(Int64, reverse(size(labels))), zeros(scales)
    exponent, error = Ref{Float64}(0), Ref{Float64}(0)
    check(context, nndyn_basin_uncertainty(context, length(counts), counts, labels, scales, f, exponent, error))
    return (exponent = exponent[], error = error[], fractions = f)
end

# ---- sweeps ----------------------------------------------------------------------------------------------------------

"""
    Sweep(context = default_context(); options...)

The same experiment at every point of a grid and for several seeds, in one table: add axes with `axis!` (the last one
varies fastest), `seeds!`, a cell with `cell!` or `training!`, and `run!` it.
"""
function Sweep(context::Context = default_context(); options...)
    return Sweep(created(out -> nndyn_sweep_create(context, with_options(options), out), context), context)
end

"Add an axis; it varies faster than those before it."
function axis!(sweep::Sweep, name, values)
    list = collect(Float64, values)
    check(sweep, nndyn_sweep_add_axis(sweep, name, length(list), list))
    return sweep
end

"Repeat every point of the grid for the seeds of a range."
function seeds!(sweep::Sweep, seeds::UnitRange)
    check(sweep, nndyn_sweep_set_seeds(sweep, first(seeds), length(seeds)))
    return sweep
end

function cell_callback(user::Ptr{Cvoid}, context::Ptr{Cvoid}, parameters::Int64, values::Ptr{Cdouble}, seed::Int64,
    count::Int64, row::Ptr{Cdouble})
    return guarded(user, context, parameters, values, seed, count, row)
end

"""
    cell!(sweep, columns, evaluate)

`evaluate(context, values, seed)` returns a number for each of `columns`, a list of names. It gets a context of its own,
which what it makes should be made in, and runs on any of the context's threads. An exception is the cell's failure.
"""
function cell!(sweep::Sweep, columns, evaluate)
    callback = Callback() do pointer, parameters, values, seed, count, row
        given = parameters > 0 ? copy(unsafe_wrap(Array, values, parameters)) : Float64[]
        context = Context(pointer)
        try
            copyto!(unsafe_wrap(Array, row, count),
                dense_array(Float64, collect(evaluate(context, given, seed)), "the row", count))
        finally
            context.pointer = C_NULL # the library frees it
        end
        return 0
    end
    run = @cfunction(cell_callback, Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}))
    push!(sweep.keep, callback)
    check(sweep, nndyn_sweep_set_cell(sweep, join(columns, ','), run, pointer_from_objref(callback)))
    return sweep
end

"The built-in experiment: train a multi-layer perceptron and measure it; see nndyn/sweep.h for the options."
function training!(sweep::Sweep, train::Dataset, test = nothing; options...)
    check(sweep, nndyn_sweep_set_training(sweep, train, test === nothing ? C_NULL : test, with_options(options)))
    return sweep
end

"Run the cells that have not succeeded yet (`file`, `part`, `parts`, `stop`); returns how many stand failed."
function run!(sweep::Sweep; options...)
    failed = Ref{Int64}(0)
    check(sweep, nndyn_sweep_run(sweep, with_options(options), failed))
    return failed[]
end

"Cells to be run, bytes, flops of the most costly cell and of all."
function forecast(sweep::Sweep)
    cells, bytes, flops, total = Ref{Int64}(0), Ref{Int64}(0), Ref{Float64}(0), Ref{Float64}(0)
    check(sweep, nndyn_sweep_forecast(sweep, cells, bytes, flops, total))
    return (cells = cells[], bytes = bytes[], flops = flops[], total = total[])
end

"Sizes of a sweep: axes, points, seeds, cells, columns."
function shape(sweep::Sweep)
    sizes = [Ref{Int64}(0) for i in 1:5]
    check(sweep, nndyn_sweep_shape(sweep, sizes...))
    return (axes = sizes[1][], points = sizes[2][], seeds = sizes[3][], cells = sizes[4][], columns = sizes[5][])
end

function sweep_name(sweep::Sweep, number)
    text = zeros(UInt8, 64)
    check(sweep, nndyn_sweep_name(sweep, number, length(text), text, C_NULL))
    return GC.@preserve text unsafe_string(pointer(text))
end

"Names of the axes and then of the columns."
names_of(sweep::Sweep) = [sweep_name(sweep, i) for i in 0:shape(sweep).axes+shape(sweep).columns-1]

"Values of an axis, by its number (from 0)."
function axis_values(sweep::Sweep, axis)
    count = Ref{Int64}(0)
    check(sweep, nndyn_sweep_axis(sweep, axis, count, C_NULL))
    values = zeros(count[])
    check(sweep, nndyn_sweep_axis(sweep, axis, C_NULL, values))
    return values
end

"Values of the axes and seed of a cell (from 0)."
function parameters(sweep::Sweep, cell)
    values, seed = zeros(shape(sweep).axes), Ref{Int64}(0)
    check(sweep, nndyn_sweep_parameters(sweep, cell, values, seed))
    return (values = values, seed = seed[])
end

"How a cell (from 0) stands: whether it was run, its status, the sentence of its failure."
function status(sweep::Sweep, cell)
    done, code, text = Ref{Cint}(0), Ref{Cint}(0), zeros(UInt8, 512)
    check(sweep, nndyn_sweep_status(sweep, cell, done, code, length(text), text))
    return (done = done[] != 0, status = code[], text = GC.@preserve text unsafe_string(pointer(text)))
end

"Rows of the table, each a column of the matrix; NaN where a cell has not been run or has failed."
function rows(sweep::Sweep, first = 0, count = shape(sweep).cells - first)
    values = zeros(shape(sweep).columns, count)
    check(sweep, nndyn_sweep_rows(sweep, first, count, values))
    return values
end

"Row and status of a cell that has been run."
function row(sweep::Sweep, cell)
    values, code = zeros(shape(sweep).columns), Ref{Cint}(0)
    check(sweep, nndyn_sweep_get_row(sweep, cell, length(values), values, code))
    return (row = values, status = code[])
end

"Put in a row that was run elsewhere."
row!(sweep::Sweep, cell, values, status = 0) =
    check(sweep, nndyn_sweep_set_row(sweep, cell, length(values), collect(Float64, values), status))

"Take the rows of a file of the same sweep; returns how many."
function merge!(sweep::Sweep, path)
    taken = Ref{Int64}(0)
    check(sweep, nndyn_sweep_merge(sweep, path, taken))
    return taken[]
end

write_csv(sweep::Sweep, path) = check(sweep, nndyn_sweep_write_csv(sweep, path))

"Means, standard errors and counts over the seeds, a column a point of the grid."
function summary(sweep::Sweep)
    sizes = (shape(sweep).columns, shape(sweep).points)
    means, errors, counts = zeros(sizes), zeros(sizes), zeros(Int64, sizes)
    check(sweep, nndyn_sweep_summary(sweep, means, errors, counts))
    return (means = means, errors = errors, counts = counts)
end

"The straightest trained run, the direction, and a value to try, of each line of the grid along an axis (from 0)."
function advice(sweep::Sweep, axis; options...)
    lines = div(shape(sweep).points, length(axis_values(sweep, axis)))
    straightest, directions, values = zeros(Int64, lines), zeros(Cint, lines), zeros(lines)
    check(sweep, nndyn_sweep_advice(sweep, axis, with_options(options), straightest, directions, values))
    return (straightest = straightest, directions = directions, values = values)
end

# ---- width scans -----------------------------------------------------------------------------------------------------

"""
    WidthScan(widths, runs = nothing, context = default_context(); options...)

One measurement on many networks of many widths: give the networks with `network!` or `factory!`, what is measured with
`measurement!`, and `run!` it. `runs` are as many as widths, `nothing` is the protocol of docs/width.md.
"""
function WidthScan(widths, runs = nothing, context::Context = default_context(); options...)
    list = collect(Int64, widths)
    each = runs === nothing ? C_NULL : collect(Int64, runs)
    make(out) = nndyn_width_scan_create(context, length(list), list, each, with_options(options), out)
    return WidthScan(created(make, context), context)
end

"Measure on perceptrons of the built-in kind."
function network!(scan::WidthScan, inputs, outputs; options...)
    check(scan, nndyn_width_scan_set_network(scan, inputs, outputs, with_options(options)))
    return scan
end

function factory_callback(user::Ptr{Cvoid}, context::Ptr{Cvoid}, width::Int64, seed::Int64, out::Ptr{Ptr{Cvoid}})
    return guarded(user, context, width, seed, out)
end

"""
    factory!(scan, make)

Measure on networks that `make(context, width, seed)` returns, made in the context it gets.
"""
function factory!(scan::WidthScan, make)
    callback = Callback() do pointer, width, seed, out
        context = Context(pointer)
        try
            network = make(context, width, seed)
            push!(scan.keep, network.keep)
            unsafe_store!(out, network.pointer)
            network.pointer = C_NULL # it is the library's now
        finally
            context.pointer = C_NULL
        end
        return 0
    end
    run = @cfunction(factory_callback, Cint, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Int64, Ptr{Ptr{Cvoid}}))
    push!(scan.keep, callback)
    check(scan, nndyn_width_scan_set_factory(scan, run, pointer_from_objref(callback)))
    return scan
end

function measurement_callback(user::Ptr{Cvoid}, context::Ptr{Cvoid}, network::Ptr{Cvoid}, width::Int64, seed::Int64,
    count::Int64, row::Ptr{Cdouble})
    return guarded(user, context, network, width, seed, count, row)
end

"""
    measurement!(scan, columns, measure)

`measure(network, width, seed)` returns a number for each of `columns`, a list of names; what it makes should be made in
the context `network.parent`. It runs on any of the context's threads. An exception is the run's failure.
"""
function measurement!(scan::WidthScan, columns, measure)
    callback = Callback() do pointer, given, width, seed, count, row
        context = Context(pointer)
        network = Network(given, context)
        try
            copyto!(unsafe_wrap(Array, row, count),
                dense_array(Float64, collect(measure(network, width, seed)), "the row", count))
        finally
            network.pointer = C_NULL # the library frees both
            context.pointer = C_NULL
        end
        return 0
    end
    run = @cfunction(measurement_callback, Cint,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Int64, Int64, Ptr{Cdouble}))
    push!(scan.keep, callback)
    check(scan, nndyn_width_scan_set_measurement(scan, join(columns, ','), run, pointer_from_objref(callback)))
    return scan
end

"Make the runs that have not succeeded yet (`file`, `part`, `parts`, `stop`); returns how many stand failed."
function run!(scan::WidthScan; options...)
    failed = Ref{Int64}(0)
    check(scan, nndyn_width_scan_run(scan, with_options(options), failed))
    return failed[]
end

"Take the rows of a file of the same scan; returns how many."
function merge!(scan::WidthScan, path)
    taken = Ref{Int64}(0)
    check(scan, nndyn_width_scan_merge(scan, path, taken))
    return taken[]
end

"Runs to be made, and bytes."
function forecast(scan::WidthScan)
    runs, bytes = Ref{Int64}(0), Ref{Int64}(0)
    check(scan, nndyn_width_scan_forecast(scan, runs, bytes))
    return (runs = runs[], bytes = bytes[])
end

"Sizes of a width scan: widths, runs, columns."
function shape(scan::WidthScan)
    sizes = [Ref{Int64}(0) for i in 1:3]
    check(scan, nndyn_width_scan_shape(scan, sizes...))
    return (widths = sizes[1][], runs = sizes[2][], columns = sizes[3][])
end

function width_scan_name(scan::WidthScan, number)
    text = zeros(UInt8, 64)
    check(scan, nndyn_width_scan_name(scan, number, length(text), text, C_NULL))
    return GC.@preserve text unsafe_string(pointer(text))
end

"Names of the columns."
names_of(scan::WidthScan) = [width_scan_name(scan, i) for i in 0:shape(scan).columns-1]

"How many runs succeeded at each width, and what they gave in a column (from 0), width after width."
function samples(scan::WidthScan, column)
    counts, values = zeros(Int64, shape(scan).widths), zeros(shape(scan).runs)
    check(scan, nndyn_width_scan_samples(scan, column, counts, values))
    return (counts = counts, values = values[1:sum(counts)])
end

"Exponents of the absolute values of a column (from 0); `levels` are those of the quantiles."
function exponent(scan::WidthScan, column; levels = Float64[], options...)
    list = collect(Float64, levels)
    given = isempty(list) ? C_NULL : list
    make(out) = nndyn_width_scan_exponent(scan, column, length(list), given, with_options(options), out)
    return WidthExponent(created(make, scan), scan)
end

"How a run stands: whether it was made, its status, the sentence of its failure (numbers from 0)."
function status(scan::WidthScan, width, run)
    done, code, text = Ref{Cint}(0), Ref{Cint}(0), zeros(UInt8, 512)
    check(scan, nndyn_width_scan_status(scan, width, run, done, code, length(text), text))
    return (done = done[] != 0, status = code[], text = GC.@preserve text unsafe_string(pointer(text)))
end

"Network and seed of a run once more (numbers from 0)."
function network_of(scan::WidthScan, width, run)
    seed = Ref{Int64}(0)
    made = created(out -> nndyn_width_scan_network(scan, width, run, seed, out), scan)
    return (network = Network(made, scan), seed = seed[])
end

end
