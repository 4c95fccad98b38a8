"""libnndyn for Python: train neural networks and analyze the dynamics of their learning.

SPDX-License-Identifier: MIT

One file over the shared library, by ctypes; it needs NumPy and libnndyn.so, which is looked for in $NNDYN_LIBRARY, next
to this file, in ../lib and ../../lib of it, and then where the system's loader looks.

    net = nndyn.Network(64)
    net.dense(32, "tanh").dense(10).loss("softmax_cross_entropy")
    trainer = nndyn.Trainer(net, "adam", rate=1e-3)
    loss = trainer.step(x, t)
    s = net.duality_singular_values(x, t)

Arrays have a sample a row.  What a C function takes as options are keyword arguments here.  A failure raises a subclass
of nndyn.Error with the library's sentence; an exception inside of a callback comes out of the call that ran it.  Calls
release the interpreter's lock; a handle used by two threads at a time raises BusyError and harms nothing.
"""
import collections
import contextlib
import ctypes
import ctypes.util
import numbers
import operator
import os
import threading
import weakref
from pathlib import Path

import numpy as np

_int, _i64, _f64, _f32 = ctypes.c_int, ctypes.c_int64, ctypes.c_double, ctypes.c_float
_str, _ptr, _fn = ctypes.c_char_p, ctypes.c_void_p, ctypes.CFUNCTYPE

# ---- declarations: written by generate.py from the public headers ----------------------------------------------------

_HEADERS = (0, 1, 0)  # version declared against

OK = 0
ENOMEM = -1
EARG = -2
EOPTION = -3
ESTATE = -4
EBUSY = -5
EDATA = -6
ENUMERIC = -7
ECANCELED = -8
EIO = -9
EFORMAT = -10
ELIMIT = -11
EUNSUPPORTED = -12
ECALLBACK = -13
EINTERNAL = -14
F32 = 1
F64 = 2
IDENTITY = 1
RELU = 2
LEAKY_RELU = 3
ELU = 4
SOFTPLUS = 5
SIGMOID = 6
TANH = 7
ERF = 8
ARCTAN = 9
SOFTSIGN = 10
ISRU = 11
SILU = 12
GELU = 13
EXP = 14
SIN = 15
COS = 16
ABS_POWER = 17
CUSTOM_ACTIVATION = 1000
SQUARED_ERROR = 1
POWER_ERROR = 2
BINARY_CROSS_ENTROPY = 3
SOFTMAX_CROSS_ENTROPY = 4
POISSON = 5
HUBER = 6
LOG_COSH = 7
CAUCHY = 8
GEMAN_MCCLURE = 9
WELSCH = 10
BARRON = 11
HINGE = 12
NEGATIVE_LOG = 13
CUSTOM_LOSS = 1000
SGD = 1
MOMENTUM = 2
NESTEROV = 3
RMSPROP = 4
ADAM = 5
ADAMW = 6
LANGEVIN = 7
POWERLAW_EXPONENTIAL = 1
POWERLAW_LOGNORMAL = 2
POWERLAW_STRETCHED = 3
POWERLAW_TRUNCATED = 4
EXPONENT_CONSISTENT = 1
EXPONENT_SPLIT = 2
EXPONENT_CURVED = 3
EXPONENT_INSUFFICIENT = 4
EXPONENT_POWER = 1
EXPONENT_CORRECTED = 2
EXPONENT_LOGARITHMIC = 3
BATCH_FULL = 1
BATCH_EPOCHS = 2
BATCH_REPLACEMENT = 3
DENSE = 1
ACTIVATION = 2
BATCH_NORM = 3
DROPOUT = 4
RESIDUAL_BEGIN = 5
RESIDUAL_END = 6
SCHEDULE_CONSTANT = 1
SCHEDULE_STEP = 2
SCHEDULE_EXPONENTIAL = 3
SCHEDULE_COSINE = 4
SCHEDULE_INVERSE_SQRT = 5
SCHEDULE_LINEAR = 6
FIXED_POINT_STABLE = 1
FIXED_POINT_UNSTABLE = 2
FIXED_POINT_MARGINAL = 3
DUALITY_APPLY = 1
DUALITY_JVP = 2
DUALITY_VJP = 3
DUALITY_JACOBIAN = 4
DUALITY_GRAM = 5
DUALITY_SINGULAR_VALUES = 6
DUALITY_OPERATOR = 7
NTK_FULL = 1
NTK_DIAGONAL = 2
NTK_TRACE = 3
NTK_PSEUDO = 4
LINEARIZED_FULL = 1
LINEARIZED_SCALAR = 2
LINEARIZED_PRODUCTS = 3
LINEARIZED_DESCENT = 1
LINEARIZED_MOMENTUM = 2
LINEARIZED_FLOW = 3
LINEARIZED_LARGEST = 0
LINEARIZED_SMALLEST = 1
LINEARIZED_STEP = 2
LINEARIZED_LIMIT = 3
LINEARIZED_BEST_RATE = 4
LINEARIZED_CONTRACTION = 5
LINEARIZED_TIME = 6
LINEARIZED_RANK = 7
LINEARIZED_FIGURES = 8
LINEARIZATION_DEVIATION = 0
LINEARIZATION_DEVIATION_TEST = 1
LINEARIZATION_RESIDUAL = 2
LINEARIZATION_RESIDUAL_LINEAR = 3
LINEARIZATION_DISPLACEMENT = 4
LINEARIZATION_DISPLACEMENT_RELATIVE = 5
LINEARIZATION_DISPLACEMENT_LINEAR = 6
LINEARIZATION_DRIFT = 7
LINEARIZATION_ALIGNMENT = 8
LINEARIZATION_CKA = 9
LINEARIZATION_TARGET_ALIGNMENT = 10
LINEARIZATION_REMAINDER = 11
LINEARIZATION_BOUND = 12
LINEARIZATION_BOUND_MEASURED = 13
LINEARIZATION_DEVIATION_STAR = 14
LINEARIZATION_BOUND_STAR = 15
LINEARIZATION_COLUMNS = 16
CORRELATION_C00 = 1
CORRELATION_C01 = 2
CORRELATION_C02 = 4
CORRELATION_C03 = 8
CORRELATION_C11 = 16
CORRELATION_KINKS = 1
CORRELATION_UNSTABLE = 2
CORRELATION_DIVERGED = 4
CORRELATION_INFEASIBLE = 8
CORRELATION_UNCONVERGED = 16
LAZY_RESIDUAL = 0
LAZY_LARGEST = 1
LAZY_STEP = 2
LAZY_KERNEL = 3
LAZY_C02 = 4
LAZY_INDEX = 5
LAZY_PREDICTED = 6
LAZY_BOUND = 7
LAZY_MEASURED = 8
LAZY_RATIO = 9
LAZY_RELATIVE = 10
LAZY_ESTIMATE = 11
LAZY_VALUES = 12
EQUILIBRIUM_DRIFTING = 1
EQUILIBRIUM_SHORT = 2
EQUILIBRIUM_CHANGING = 3
EQUILIBRIUM_REACHED = 4
CRITICAL_SCARCE = 1
CRITICAL_NARROW = 2
CRITICAL_CURVED = 4
CRITICAL_FLAT = 8
CRITICAL_TRANSIENT = 16
CRITICAL_UNPREDICTED = 32
SEPARATION_D = 0
SEPARATION_D_HS = 1
SEPARATION_D_INVERSE = 2
SEPARATION_WITHIN = 3
SEPARATION_BETWEEN = 4
SEPARATION_RANK_BETWEEN = 5
SEPARATION_RANK_WITHIN = 6
SEPARATION_CONDITION = 7
SEPARATION_CLASSES = 8
SEPARATION_SAMPLES = 9
SEPARATION_VALUES = 10
SEPARATION_EMPTY_CLASS = 1
SEPARATION_SINGLE_CLASS = 2
SEPARATION_ZERO_BETWEEN = 4
SEPARATION_ZERO_WITHIN = 8
SEPARATION_RANK_DEFICIENT = 16
SEPARATION_SCATTER_OUTSIDE = 32
SEPARATION_WITHIN_DEFICIENT = 64
LOAD_CURVE_V = 0
LOAD_CURVE_C = 1
LOAD_CURVE_KAPPA = 2
LOAD_CURVE_SIGMA = 3
LOAD_CURVE_BOW = 4
LOAD_CURVE_R_SQUARED = 5
LOAD_CURVE_SLOPE = 6
LOAD_CURVE_QUADRATIC = 7
LOAD_CURVE_MONOTONE = 8
LOAD_CURVE_LARGEST = 9
LOAD_CURVE_DROP = 10
LOAD_CURVE_VALUES = 11
LOAD_CURVE_UNDEFINED = 0
LOAD_CURVE_LATE_LOADED = 1
LOAD_CURVE_BALANCED = 2
LOAD_CURVE_EARLY_LOADED = 3
ORDER_CONCORDANT = 0
ORDER_DISCORDANT = 1
ORDER_TIED_G = 2
ORDER_TIED_H = 3
ORDER_TIED_BOTH = 4
ORDER_COUNTS = 5
ORDER_STRICT = 1
ORDER_WEAK = 2
ORDER_REVERSED = 3
ORDER_WEAKLY_REVERSED = 4
ORDER_NON_PRESERVING = 5
ORDER_CONSTANT = 6
ORDER_ROLE_DEAD = 1
ORDER_ROLE_LINEAR = 2
ORDER_ROLE_RECTIFYING = 3
ORDER_ROLE_CURVED = 4
ORDER_ROLE_SATURATED = 5
ORDER_ROLE_FOLDING = 6
RANK_GRADIENT = 0
RANK_NORMALIZED = 1
RANK_AUC = 2
RANK_CURVATURE = 3
RANK_SD = 4
RANK_SD_PERMUTED = 5
RANK_QUANTITIES = 6
RANKS_GRADIENT = 0
RANKS_CURVATURE = 1
RANKS_LEAST = 2
RANKS_LARGEST = 3
RANKS_FRACTION = 4
RANKS_THRESHOLD = 5
RANKS_CHANCE = 6
RANKS_SD_PERMUTED = 7
RANKS_P_VALUE = 8
RANKS_UNITS = 9
RANKS_ZERO_SIGNS = 10
RANKS_CONSTANT = 11
RANKS_SKIPPED = 12
RANKS_VALUES = 13
PHASE_RANDOM = 1
PHASE_EARLY = 2
PHASE_LATE = 3
PHASE_MERGED = 4
PHASE_MIXED = 5
PHASE_ALIGNING = 6
PHASE_FOLDING = 7
GROKKING_UNLEARNED = 1
GROKKING_PROMPT = 2
GROKKING_DELAYED = 3
GROKKING_LAG = 4
GROKKING_MEMORIZED = 0
GROKKING_GENERALIZED = 1
GROKKING_DELAY = 2
GROKKING_BEFORE = 3
GROKKING_BEST = 4
GROKKING_VALUES = 5
SPRINGBLOCK_FIT_AT_BOUND = 1
SPRINGBLOCK_FIT_DEGENERATE = 2
SPRINGBLOCK_FIT_FIXED = 4
SPRINGBLOCK_FIT_EXACT = 8
SPRINGBLOCK_FIT_AMBIGUOUS = 16
BASIN_ZERO = 1
BASIN_INFINITE = 2
BASIN_NONMONOTONE = 4
BASIN_CENSORED = 8
BASIN_EMPTY = 16
RAY_EXIT = 0
RAY_MEDIAN = 1
RAY_MEDIAN_EXIT = 2
RAY_LEAST = 3
RAY_WRONG = 4
RAYS = 5
CURVATURE_LOSS = 0
CURVATURE_TRACE = 1
CURVATURE_TRACE_ERROR = 2
CURVATURE_SHARPEST = 3
CURVATURE_RADIUS = 4
CURVATURE_LARGEST = 5
CURVATURE_RATE = 6
CURVATURES = 7
RETURN_MINIMUM = 0
RETURN_MATCHED = 1
RETURN_FUNCTION = 2
RETURN_ACCURACY = 3
RETURN_LOSS = 4
RETURNS = 5
BASIN_MAP_UNDECIDED = -1
BASIN_MAP_DIVERGED = -2
BASIN_MAP_OTHER = -3
STARTS_BOX = 1
STARTS_NORMAL = 2
BRANCH_BIRTH = 1
BRANCH_DEATH = 2
BRANCH_RETURN = 3
BRANCH_PERIOD = 4

# name: (result, parameters)
_FUNCTIONS = {
    "nndyn_status_name": (_str, [_int]),
    "nndyn_status_text": (_str, [_int]),
    "nndyn_message": (_str, [_ptr]),
    "nndyn_version": (_int, []),
    "nndyn_context_create": (_int, [_ptr]),
    "nndyn_context_create_with_allocator": (_int, [_fn(_ptr, _ptr, _i64), _fn(None, _ptr, _ptr), _ptr, _ptr]),
    "nndyn_context_free": (None, [_ptr]),
    "nndyn_context_set_seed": (_int, [_ptr, _i64]),
    "nndyn_context_set_threads": (_int, [_ptr, _i64]),
    "nndyn_context_set_executor": (_int, [_ptr, _fn(_int, _ptr, _fn(None, _ptr, _i64), _ptr, _i64), _ptr]),
    "nndyn_context_set_progress": (_int, [_ptr, _fn(_int, _ptr, _str, _f64), _ptr]),
    "nndyn_context_cancel": (_int, [_ptr]),
    "nndyn_context_set_memory_limit": (_int, [_ptr, _i64]),
    "nndyn_options_create": (_int, [_ptr, _ptr]),
    "nndyn_options_free": (None, [_ptr]),
    "nndyn_options_set_double": (_int, [_ptr, _str, _f64]),
    "nndyn_options_set_integer": (_int, [_ptr, _str, _i64]),
    "nndyn_options_set_text": (_int, [_ptr, _str, _str]),
    "nndyn_build_info": (_int, [_i64, _ptr, _ptr]),
    "nndyn_context_set_kernels": (_int, [_ptr, _str]),
    "nndyn_operator_create": (_int, [_ptr, _i64, _i64, _fn(_int, _ptr, _ptr, _ptr), _fn(_int, _ptr, _ptr, _ptr), _ptr,
        _ptr]),
    "nndyn_operator_free": (None, [_ptr]),
    "nndyn_operator_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_operator_apply": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_operator_apply_transposed": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_singular_values": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_eigenpairs": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_eigenvalues": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_spectral_density": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_spectral_quadrature": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_trace": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_bounded": (_int, [_ptr, _i64, _ptr, _f64, _f64, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_tail": (_int, [_ptr, _i64, _ptr, _f64, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_distance": (_int, [_ptr, _i64, _ptr, _f64, _f64, _f64, _ptr, _ptr]),
    "nndyn_powerlaw_curvature": (_int, [_ptr, _i64, _ptr, _f64, _f64, _ptr, _ptr]),
    "nndyn_powerlaw_effective_size": (_int, [_ptr, _i64, _ptr, _f64, _f64, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_interval": (_int, [_ptr, _i64, _ptr, _f64, _f64, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_stream_create": (_int, [_ptr, _f64, _f64, _i64, _ptr]),
    "nndyn_powerlaw_stream_free": (None, [_ptr]),
    "nndyn_powerlaw_stream_add": (_int, [_ptr, _i64, _ptr]),
    "nndyn_powerlaw_stream_add_f32": (_int, [_ptr, _i64, _ptr]),
    "nndyn_powerlaw_stream_merge": (_int, [_ptr, _ptr]),
    "nndyn_powerlaw_stream_clear": (_int, [_ptr]),
    "nndyn_powerlaw_stream_counts": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_stream_exponent": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_powerlaw_stream_binned": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_powerlaw_stream_curvature": (_int, [_ptr, _ptr]),
    "nndyn_powerlaw_stream_slope": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_stream_histogram": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_fit_create": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_fit_free": (None, [_ptr]),
    "nndyn_powerlaw_fit_exponent": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_powerlaw_fit_window": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_fit_counts": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_fit_distance": (_int, [_ptr, _ptr]),
    "nndyn_powerlaw_fit_curvature": (_int, [_ptr, _ptr]),
    "nndyn_powerlaw_fit_curve": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_compare": (_int, [_ptr, _int, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_powerlaw_goodness": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_ks_two_sample": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_injective_norm": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_injective_norm_gram": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_create": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_free": (None, [_ptr]),
    "nndyn_width_exponent_verdict": (_int, [_ptr, _ptr]),
    "nndyn_width_exponent_quote": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_counts": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_width_exponent_statistic": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_width_exponent_value": (_int, [_ptr, _i64, _int, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_fit": (_int, [_ptr, _i64, _int, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_points": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_slopes": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_width_exponent_trend": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_width_exponent_spread": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_dataset_create": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _int, _ptr]),
    "nndyn_dataset_create_f32": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _int, _ptr]),
    "nndyn_dataset_create_labels": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _int, _ptr]),
    "nndyn_dataset_create_labels_f32": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _int, _ptr]),
    "nndyn_dataset_read_idx": (_int, [_ptr, _str, _str, _ptr, _ptr]),
    "nndyn_dataset_read_csv": (_int, [_ptr, _str, _ptr, _ptr]),
    "nndyn_dataset_free": (None, [_ptr]),
    "nndyn_dataset_shape": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_dataset_get": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_dataset_select": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_dataset_convert": (_int, [_ptr, _int, _ptr]),
    "nndyn_dataset_standardize": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_dataset_resize": (_int, [_ptr, _i64, _i64, _i64, _i64, _i64, _ptr, _ptr]),
    "nndyn_dataset_split": (_int, [_ptr, _f64, _ptr, _ptr, _ptr]),
    "nndyn_batches_create": (_int, [_ptr, _int, _i64, _ptr, _ptr]),
    "nndyn_batches_free": (None, [_ptr]),
    "nndyn_batches_shape": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_batches_get": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_batches_get_f32": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_network_create": (_int, [_ptr, _int, _i64, _ptr]),
    "nndyn_network_free": (None, [_ptr]),
    "nndyn_network_add_dense": (_int, [_ptr, _i64, _int]),
    "nndyn_network_add_dense_with": (_int, [_ptr, _i64, _int, _ptr]),
    "nndyn_network_add_activation": (_int, [_ptr, _int, _ptr]),
    "nndyn_network_add_custom_activation": (_int, [_ptr, _int, _fn(_int, _ptr, _int, _i64, _ptr, _ptr), _ptr]),
    "nndyn_network_add_batch_norm": (_int, [_ptr, _ptr]),
    "nndyn_network_add_dropout": (_int, [_ptr, _f64]),
    "nndyn_network_begin_residual": (_int, [_ptr]),
    "nndyn_network_end_residual": (_int, [_ptr]),
    "nndyn_network_set_loss": (_int, [_ptr, _int]),
    "nndyn_network_set_loss_with": (_int, [_ptr, _int, _ptr]),
    "nndyn_network_set_custom_loss": (_int, [_ptr, _int,
        _fn(_int, _ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr), _ptr]),
    "nndyn_network_initialize": (_int, [_ptr, _i64]),
    "nndyn_network_shape": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_network_layer": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_network_get_parameters": (_int, [_ptr, _i64, _ptr]),
    "nndyn_network_set_parameters": (_int, [_ptr, _i64, _ptr]),
    "nndyn_network_get_statistics": (_int, [_ptr, _i64, _ptr]),
    "nndyn_network_set_statistics": (_int, [_ptr, _i64, _ptr]),
    "nndyn_network_forward": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_network_forward_f32": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_network_evaluate": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_network_copy": (_int, [_ptr, _int, _ptr]),
    "nndyn_network_save": (_int, [_ptr, _str]),
    "nndyn_network_load": (_int, [_ptr, _str, _ptr]),
    "nndyn_activation_evaluate": (_int, [_ptr, _int, _ptr, _int, _i64, _ptr, _ptr]),
    "nndyn_activation_name": (_str, [_int]),
    "nndyn_loss_name": (_str, [_int]),
    "nndyn_gradient": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_layer_sensitivity": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_gradient_norms": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_input_jacobian": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_jvp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_vjp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_hessian_vector": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_gauss_newton_vector": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_jet": (_int, [_ptr, _i64, _ptr, _ptr, _int, _ptr, _ptr]),
    "nndyn_jet_gradient": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _int, _ptr, _ptr]),
    "nndyn_jet_along": (_int, [_ptr, _i64, _ptr, _ptr, _int, _ptr, _ptr, _ptr]),
    "nndyn_hessian_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_gauss_newton_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_parameter_jacobian_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_trainer_create": (_int, [_ptr, _int, _ptr]),
    "nndyn_trainer_create_with": (_int, [_ptr, _int, _ptr, _ptr]),
    "nndyn_trainer_free": (None, [_ptr]),
    "nndyn_trainer_set": (_int, [_ptr, _str, _f64]),
    "nndyn_trainer_get": (_int, [_ptr, _str, _ptr]),
    "nndyn_trainer_set_schedule": (_int, [_ptr, _int, _ptr]),
    "nndyn_train_step": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_train_step_f32": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_train_run": (_int, [_ptr, _ptr, _i64, _ptr]),
    "nndyn_trainer_progress": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_trainer_get_gradient": (_int, [_ptr, _i64, _ptr]),
    "nndyn_trainer_state_size": (_int, [_ptr, _ptr]),
    "nndyn_trainer_get_state": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_trainer_set_state": (_int, [_ptr, _i64, _ptr, _i64]),
    "nndyn_trainer_save": (_int, [_ptr, _str]),
    "nndyn_trainer_load": (_int, [_ptr, _str, _ptr, _ptr]),
    "nndyn_trainer_forecast": (_int, [_ptr, _int, _i64, _ptr, _ptr]),
    "nndyn_recorder_create": (_int, [_ptr, _ptr]),
    "nndyn_recorder_free": (None, [_ptr]),
    "nndyn_recorder_add_training": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_recorder_add_parameters": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_updates": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_gradients": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_evaluation": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_callback": (_int, [_ptr, _str, _fn(_int, _ptr, _i64, _ptr, _i64, _ptr), _ptr, _ptr, _ptr]),
    "nndyn_recorder_set_steps": (_int, [_ptr, _i64, _i64, _ptr]),
    "nndyn_recorder_probes": (_int, [_ptr, _ptr]),
    "nndyn_recorder_shape": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recorder_name": (_int, [_ptr, _i64, _i64, _i64, _ptr, _ptr]),
    "nndyn_recorder_rows": (_int, [_ptr, _i64, _i64, _i64, _ptr]),
    "nndyn_recorder_write_csv": (_int, [_ptr, _i64, _str]),
    "nndyn_recorder_flush": (_int, [_ptr]),
    "nndyn_map_create": (_int, [_ptr, _i64, _str, _ptr, _fn(_int, _ptr, _ptr, _i64, _ptr, _ptr), _ptr, _ptr, _ptr]),
    "nndyn_map_create_flow": (_int, [_ptr, _i64, _str, _ptr, _fn(_int, _ptr, _ptr, _i64, _ptr, _ptr), _ptr, _ptr,
        _ptr]),
    "nndyn_map_create_training": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_map_create_network": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_map_free": (None, [_ptr]),
    "nndyn_map_shape": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_map_parameter_name": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_map_set": (_int, [_ptr, _str, _f64]),
    "nndyn_map_get": (_int, [_ptr, _str, _ptr]),
    "nndyn_map_apply": (_int, [_ptr, _i64, _ptr, _i64, _ptr]),
    "nndyn_recurrent_create": (_int, [_ptr, _i64, _ptr, _ptr, _int, _ptr, _ptr]),
    "nndyn_recurrent_free": (None, [_ptr]),
    "nndyn_recurrent_set_boundary": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_recurrent_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_get_boundary": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_recurrent_set_weights": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_recurrent_get_weights": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_recurrent_set_gain": (_int, [_ptr, _f64]),
    "nndyn_recurrent_get_gain": (_int, [_ptr, _ptr]),
    "nndyn_recurrent_activate": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_jacobian": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_jvp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_vjp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_fixed_point_stability_name": (_str, [_int]),
    "nndyn_recurrent_equilibria": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_fixed_points_free": (None, [_ptr]),
    "nndyn_fixed_points_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_fixed_points_get": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_fixed_points_figure": (_int, [_ptr, _i64, _str, _ptr]),
    "nndyn_fixed_points_modes": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_unique": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_recurrent_ball": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_recurrent_energy": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_map_create_recurrent": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_duality_shape": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_duality_forecast": (_int, [_ptr, _i64, _int, _ptr, _ptr, _ptr]),
    "nndyn_duality_apply": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_jvp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_vjp": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_jacobian": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_gram": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_singular_values": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_modes": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_coupling": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_duality_reduced_map": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_duality_reduction": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_ntk": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _int, _ptr, _ptr]),
    "nndyn_ntk_forecast": (_int, [_ptr, _i64, _i64, _int, _ptr, _ptr, _ptr]),
    "nndyn_ntk_write": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _int, _ptr, _str]),
    "nndyn_ntk_file": (_int, [_ptr, _str, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_ntk_read": (_int, [_ptr, _str, _i64, _i64, _ptr]),
    "nndyn_ntk_vector": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_ntk_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_ntk_infinite": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _i64, _int, _ptr, _ptr, _ptr]),
    "nndyn_ntk_infinite_network": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_create": (_int, [_ptr, _int, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_create_network": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_linearized_free": (None, [_ptr]),
    "nndyn_linearized_set_test": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_linearized_set_loss": (_int, [_ptr, _int, _ptr]),
    "nndyn_linearized_shape": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_eigenvalues": (_int, [_ptr, _i64, _ptr]),
    "nndyn_linearized_stability": (_int, [_ptr, _int, _f64, _ptr, _i64, _ptr]),
    "nndyn_linearized_predict": (_int, [_ptr, _int, _f64, _f64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_step": (_int, [_ptr, _i64, _ptr, _ptr, _f64, _f64, _f64]),
    "nndyn_linearized_run": (_int, [_ptr, _ptr, _ptr, _i64]),
    "nndyn_linearized_integrate": (_int, [_ptr, _f64, _f64, _ptr]),
    "nndyn_linearized_reset": (_int, [_ptr]),
    "nndyn_linearized_get": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_displacement": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_linearized_parameters": (_int, [_ptr, _ptr, _i64, _ptr]),
    "nndyn_linearized_forecast": (_int, [_ptr, _int, _i64, _i64, _i64, _ptr, _ptr]),
    "nndyn_recorder_add_linearization": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linearized_compare": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_correlations_create": (_int, [_ptr, _i64, _ptr, _f64, _int, _ptr, _ptr]),
    "nndyn_correlations_create_from": (_int, [_ptr, _i64, _f64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlations_rescale": (_int, [_ptr, _f64, _f64, _ptr]),
    "nndyn_correlation_factor": (_int, [_ptr, _int, _int, _f64, _f64, _ptr]),
    "nndyn_correlations_free": (None, [_ptr]),
    "nndyn_correlations_info": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlations_get": (_int, [_ptr, _int, _i64, _ptr]),
    "nndyn_correlations_norm": (_int, [_ptr, _int, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlation_direction": (_int, [_ptr, _i64, _ptr, _f64, _ptr, _int, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlation_operator_norm": (_int, [_ptr, _i64, _ptr, _f64, _ptr, _int, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlation_recover": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _int, _ptr, _ptr]),
    "nndyn_correlation_observe": (_int, [_ptr, _i64, _ptr, _f64, _ptr, _int, _ptr, _ptr, _ptr]),
    "nndyn_correlation_bound": (_int, [_ptr, _f64, _f64, _f64, _i64, _f64, _f64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_correlations_bound": (_int, [_ptr, _ptr, _f64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlations_predict": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_correlation_report": (_int, [_ptr, _i64, _ptr, _ptr, _f64, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_equilibrium_verdict_name": (_str, [_int]),
    "nndyn_equilibrium_test": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _f64, _ptr, _ptr]),
    "nndyn_equilibrium_test_run": (_int, [_ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_equilibrium_verdict": (_int, [_ptr, _ptr]),
    "nndyn_equilibrium_get": (_int, [_ptr, _str, _ptr]),
    "nndyn_equilibrium_free": (None, [_ptr]),
    "nndyn_equilibrium_modes": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _f64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_equilibrium_noise_modes": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_equilibrium_stationary": (_int, [_ptr, _i64, _ptr, _ptr, _f64, _f64, _ptr]),
    "nndyn_equilibrium_covariance": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _f64, _f64, _ptr, _ptr]),
    "nndyn_equilibrium_record": (_int, [_ptr, _ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_equilibrium_measure": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_step_operator": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_equilibrium_find": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_local_exponent": (_int, [_ptr, _int, _int, _f64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_critical_prediction": (_int, [_ptr, _int, _int, _f64, _f64, _f64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr,
        _ptr]),
    "nndyn_fluctuations_create": (_int, [_ptr, _ptr]),
    "nndyn_fluctuations_free": (None, [_ptr]),
    "nndyn_fluctuations_add": (_int, [_ptr, _i64, _ptr, _f64, _f64, _ptr, _ptr]),
    "nndyn_fluctuations_measure": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_recorder_add_fluctuations": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_fluctuations_clear": (_int, [_ptr]),
    "nndyn_fluctuations_shape": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_fluctuations_counts": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_fluctuations_exponent": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_fluctuations_parts": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_fluctuations_histogram": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_fluctuations_verdict": (_int, [_ptr, _i64, _int, _f64, _ptr, _ptr]),
    "nndyn_separation": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_separation_f32": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_separation_directions": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_separation_directions_f32": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_separation_stream_create": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_separation_stream_free": (None, [_ptr]),
    "nndyn_separation_stream_add": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_separation_stream_add_f32": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_separation_stream_merge": (_int, [_ptr, _ptr]),
    "nndyn_separation_stream_copy": (_int, [_ptr, _ptr]),
    "nndyn_separation_stream_second_pass": (_int, [_ptr]),
    "nndyn_separation_stream_get": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_separation_layers": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_network_separation": (_int, [_ptr, _ptr, _ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_load_curve": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_load_curve_verdict_name": (_str, [_int]),
    "nndyn_load_curve_advice": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _f64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_load_curve": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_pairs": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_verdict": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_roles": (_int, [_ptr, _int, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_bundle": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _int, _ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_bundle_on": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _int, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_group": (_int, [_ptr, _ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_order_tail": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_linear_substitution": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_substitution_free": (None, [_ptr]),
    "nndyn_substitution_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_substitution_cut": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_substitution_map": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_substitution_accuracy": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_substitution_prunable": (_int, [_ptr, _ptr]),
    "nndyn_rank_distribution": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_rank_distribution_of": (_int, [_ptr, _i64, _i64, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_ranks_free": (None, [_ptr]),
    "nndyn_ranks_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_ranks_layer": (_int, [_ptr, _i64, _i64, _ptr]),
    "nndyn_ranks_units": (_int, [_ptr, _i64, _int, _i64, _ptr]),
    "nndyn_ranks_density": (_int, [_ptr, _i64, _i64, _i64, _ptr]),
    "nndyn_projection": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_order": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_learning_phases": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_learning_peak": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_learning_separation": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_grokking": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_batch_norm_lag": (_int, [_ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_batch_norm_accuracy": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_batch_norm_recalibrate": (_int, [_ptr, _ptr]),
    "nndyn_recorder_add_batch_norm": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_create": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_springblock_free": (None, [_ptr]),
    "nndyn_springblock_get": (_int, [_ptr, _str, _ptr]),
    "nndyn_springblock_get_state": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_set_state": (_int, [_ptr, _ptr, _ptr, _i64]),
    "nndyn_springblock_run": (_int, [_ptr, _i64]),
    "nndyn_springblock_trajectory": (_int, [_ptr, _i64, _i64, _i64, _ptr, _ptr]),
    "nndyn_springblock_separation": (_int, [_ptr, _ptr]),
    "nndyn_springblock_ensemble": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_phase": (_int, [_ptr, _i64, _ptr, _i64, _ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_stuck": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_springblock_cascade": (_int, [_ptr, _ptr]),
    "nndyn_springblock_equilibrium": (_int, [_ptr, _ptr]),
    "nndyn_springblock_drift": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_mean_field": (_int, [_ptr, _i64, _ptr]),
    "nndyn_springblock_relaxation_time": (_int, [_ptr, _ptr]),
    "nndyn_springblock_covariance": (_int, [_ptr, _ptr]),
    "nndyn_springblock_fit_create": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_create_covariance": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_free": (None, [_ptr]),
    "nndyn_springblock_fit_value": (_int, [_ptr, _str, _ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_covariance": (_int, [_ptr, _ptr]),
    "nndyn_springblock_fit_weakest": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_quality": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_flags": (_int, [_ptr, _ptr]),
    "nndyn_springblock_fit_curve": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_springblock_fit_interval": (_int, [_ptr, _str, _f64, _ptr, _ptr, _ptr]),
    "nndyn_springblock_fit_region": (_int, [_ptr, _f64, _f64, _f64, _ptr, _ptr]),
    "nndyn_springblock_fit_straighten": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_free": (None, [_ptr]),
    "nndyn_basin_get": (_int, [_ptr, _i64, _str, _ptr]),
    "nndyn_basin_flags": (_int, [_ptr, _i64, _ptr]),
    "nndyn_basin_groups": (_int, [_ptr, _ptr]),
    "nndyn_basin_curve": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_samples": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_quantiles": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_unit": (_int, [_ptr, _ptr]),
    "nndyn_basin_sample": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_margins": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_smoothed": (_int, [_ptr, _ptr, _f64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_principal": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_slice": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_ray": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_ray_statistics": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_adversarial": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_weights": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_weights_along": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_curvature": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_loss_radius": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_linearized": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_returns_free": (None, [_ptr]),
    "nndyn_basin_return": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_return_forecast": (_int, [_ptr, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_returns_shape": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_basin_returns_curve": (_int, [_ptr, _int, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_returns_radius": (_int, [_ptr, _int, _f64, _ptr, _ptr]),
    "nndyn_basin_returns_get": (_int, [_ptr, _str, _i64, _i64, _ptr, _ptr]),
    "nndyn_basin_returns_reference": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_recorder_add_basin": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_create": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_basin_map_free": (None, [_ptr]),
    "nndyn_basin_map_starts": (_int, [_ptr, _int, _ptr, _ptr, _i64, _i64, _ptr]),
    "nndyn_basin_map_find": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_add": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_basin_map_shape": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_basin_map_attractor": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_label": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_grid": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_ray": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_fractions": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_times": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr]),
    "nndyn_basin_map_returns": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_radius": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_basin_map_shock": (_int, [_ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_map_certified": (_int, [_ptr, _i64, _ptr, _f64, _ptr]),
    "nndyn_basin_map_disagreement": (_int, [_ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_branch_event_name": (_str, [_int]),
    "nndyn_basin_map_continue": (_int, [_ptr, _str, _i64, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_basin_branches_free": (None, [_ptr]),
    "nndyn_basin_branches_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_branches_at": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_branches_points": (_int, [_ptr, _i64, _i64, _i64, _ptr, _ptr]),
    "nndyn_basin_branches_fractions": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_branches_events": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_entropy": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_basin_uncertainty": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr, _ptr, _ptr]),
    "nndyn_sweep_create": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_sweep_free": (None, [_ptr]),
    "nndyn_sweep_add_axis": (_int, [_ptr, _str, _i64, _ptr]),
    "nndyn_sweep_set_seeds": (_int, [_ptr, _i64, _i64]),
    "nndyn_sweep_set_cell": (_int, [_ptr, _str, _fn(_int, _ptr, _ptr, _i64, _ptr, _i64, _i64, _ptr), _ptr]),
    "nndyn_sweep_set_training": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_sweep_run": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_sweep_forecast": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_sweep_shape": (_int, [_ptr, _ptr, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_sweep_name": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_sweep_axis": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_sweep_parameters": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_sweep_status": (_int, [_ptr, _i64, _ptr, _ptr, _i64, _ptr]),
    "nndyn_sweep_rows": (_int, [_ptr, _i64, _i64, _ptr]),
    "nndyn_sweep_get_row": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_sweep_set_row": (_int, [_ptr, _i64, _i64, _ptr, _int]),
    "nndyn_sweep_merge": (_int, [_ptr, _str, _ptr]),
    "nndyn_sweep_write_csv": (_int, [_ptr, _str]),
    "nndyn_sweep_summary": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_sweep_advice": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_scan_create": (_int, [_ptr, _i64, _ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_scan_free": (None, [_ptr]),
    "nndyn_width_scan_set_network": (_int, [_ptr, _i64, _i64, _ptr]),
    "nndyn_width_scan_set_factory": (_int, [_ptr, _fn(_int, _ptr, _ptr, _i64, _i64, _ptr), _ptr]),
    "nndyn_width_scan_set_measurement": (_int, [_ptr, _str, _fn(_int, _ptr, _ptr, _ptr, _i64, _i64, _i64, _ptr), _ptr]),
    "nndyn_width_scan_run": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_width_scan_merge": (_int, [_ptr, _str, _ptr]),
    "nndyn_width_scan_forecast": (_int, [_ptr, _ptr, _ptr]),
    "nndyn_width_scan_shape": (_int, [_ptr, _ptr, _ptr, _ptr]),
    "nndyn_width_scan_name": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
    "nndyn_width_scan_samples": (_int, [_ptr, _i64, _ptr, _ptr]),
    "nndyn_width_scan_exponent": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _ptr]),
    "nndyn_width_scan_status": (_int, [_ptr, _i64, _i64, _ptr, _ptr, _i64, _ptr]),
    "nndyn_width_scan_network": (_int, [_ptr, _i64, _i64, _ptr, _ptr]),
}

# ---- end of declarations ---------------------------------------------------------------------------------------------


# ---- the library -----------------------------------------------------------------------------------------------------

def _candidates():
    """Where the library may be, best first; a bare name is left to the system's loader."""
    if os.environ.get("NNDYN_LIBRARY"):
        return [os.environ["NNDYN_LIBRARY"]]
    soname = "libnndyn.so." + (f"0.{_HEADERS[1]}" if _HEADERS[0] == 0 else str(_HEADERS[0]))
    names = ["libnndyn.so", soname, "libnndyn.dylib"]
    here = Path(__file__).resolve().parent
    places = [here, here.parent / "lib", here.parent.parent / "lib"]
    found = [str(place / name) for place in places for name in names if (place / name).exists()]
    return found + [name for name in (soname, ctypes.util.find_library("nndyn")) if name]


def _load():
    reasons = []
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            reasons.append(f"{name}: {error}")
            continue
        for function, (result, parameters) in _FUNCTIONS.items():
            declared = getattr(library, function, None)
            if declared is None:
                raise ImportError(f"{name} has no {function}: it is older than this module, of {_HEADERS}")
            declared.restype, declared.argtypes = result, parameters
        major, minor = divmod(library.nndyn_version() // 100, 100)
        if major != _HEADERS[0] or minor < _HEADERS[1] or (major == 0 and minor != _HEADERS[1]):
            raise ImportError(f"{name} is version {major}.{minor}; this module is for {_HEADERS[0]}.{_HEADERS[1]}")
        return library
    raise ImportError("libnndyn was not found; set NNDYN_LIBRARY to its path.  Tried: " + "; ".join(reasons))


_lib = _load()


# ---- failure ---------------------------------------------------------------------------------------------------------

class Error(Exception):
    """A call failed; `status` is the library's code, the text its sentence."""
    status = 0


class NoMemoryError(Error, MemoryError):
    status = ENOMEM


class ArgumentError(Error, ValueError):
    status = EARG


class OptionError(Error, ValueError):
    status = EOPTION


class StateError(Error, RuntimeError):
    status = ESTATE


class BusyError(Error, RuntimeError):
    status = EBUSY


class DataError(Error, ValueError):
    status = EDATA


class NumericError(Error, ArithmeticError):
    status = ENUMERIC


class CanceledError(Error):
    status = ECANCELED


class FileError(Error, OSError):
    status = EIO


class FormatError(Error, ValueError):
    status = EFORMAT


class LimitError(Error, MemoryError):
    status = ELIMIT


class UnsupportedError(Error, NotImplementedError):
    status = EUNSUPPORTED


class CallbackError(Error):
    status = ECALLBACK


class InternalError(Error, RuntimeError):
    status = EINTERNAL


_errors = {c.status: c for c in Error.__subclasses__()}


class _Raised(threading.local):
    """The exception that a callback of the call now running on this thread raised."""
    exception = None


_raised = _Raised()


def _call(handle, name, *arguments):
    """Runs a function that returns a status; its message is read from `handle`, a _Handle."""
    outer, _raised.exception = _raised.exception, None  # calls nest: a callback may use the library
    status = getattr(_lib, name)(*arguments)
    inner, _raised.exception = _raised.exception, outer
    if status < 0:
        text = _lib.nndyn_message(handle.pointer).decode() or status_text(status)
        error = _errors.get(status, Error)(text)
        if inner is None:
            raise error
        raise inner from error
    if inner is not None:
        raise inner
    return status


def _guarded(function, failure):
    """A callback that keeps an exception for the call that runs it, and reports `failure` to the library."""
    def run(*arguments):
        try:
            return function(*arguments)
        except BaseException as exception:  # also KeyboardInterrupt: nothing may unwind through the library
            _raised.exception = exception
            return failure
    return run


def _callback(name, index, function, failure=1):
    """`function` as the callback that parameter `index` of a C function wants."""
    return _FUNCTIONS[name][1][index](_guarded(function, failure))


# ---- arrays ----------------------------------------------------------------------------------------------------------

def _array(value, name, shape, dtype=np.float64):
    """`value` as an array the library can read, converted only if it must be; None in `shape` fits any size."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has elements of type {array.dtype}; real numbers are needed")
    if np.dtype(dtype).kind == "i" and array.dtype.kind == "f":
        raise TypeError(f"{name} has elements of type {array.dtype}; integers are needed")
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape)):
        wanted = ", ".join("n" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; ({wanted}{',' if len(shape) == 1 else ''}) is needed")
    return np.require(array, dtype, ["C", "A"])


def _address(array):
    return None if array is None else array.ctypes.data


def _view(address, *shape):
    """An array over memory of the library, valid while a callback runs; None for NULL."""
    if not address:
        return None
    count = int(np.prod(shape))
    return np.ctypeslib.as_array((_f64 * count).from_address(address)).reshape(shape)


def _dtype(value):
    """NNDYN_F32 or NNDYN_F64 for what NumPy calls a dtype, or for the constant itself."""
    if isinstance(value, int) and value in (F32, F64):
        return value
    kinds = {np.dtype(np.float32): F32, np.dtype(np.float64): F64}
    if np.dtype(value) not in kinds:
        raise ValueError(f"dtype is {np.dtype(value)}; float32 or float64 is needed")
    return kinds[np.dtype(value)]


def _kind(value, what, name_of):
    """The number of an activation or loss given by name, as in "leaky_relu", or by number."""
    if not isinstance(value, str):
        return operator.index(value)
    known = {name_of(i): i for i in range(1, 100) if name_of(i) != "unknown"}
    if value not in known:
        raise ValueError(f"{what} '{value}' is unknown; known are {', '.join(known)}")
    return known[value]


def _named(value, what, prefix, names):
    """The same for kinds whose names are those of their constants."""
    if not isinstance(value, str):
        return operator.index(value)
    if value.upper() not in names:
        raise ValueError(f"{what} '{value}' is unknown; known are {', '.join(names).lower()}")
    return globals()[prefix + value.upper()]


_OPTIMIZERS = ("SGD", "MOMENTUM", "NESTEROV", "RMSPROP", "ADAM", "ADAMW", "LANGEVIN")
_SCHEDULES = ("CONSTANT", "STEP", "EXPONENTIAL", "COSINE", "INVERSE_SQRT", "LINEAR")
_BATCHES = ("FULL", "EPOCHS", "REPLACEMENT")
_NTK = ("FULL", "DIAGONAL", "TRACE", "PSEUDO")
_DUALITY = ("APPLY", "JVP", "VJP", "JACOBIAN", "GRAM", "SINGULAR_VALUES", "OPERATOR")

Forecast = collections.namedtuple("Forecast", "bytes flops")
NtkFile = collections.namedtuple("NtkFile", "kind rows columns written")
Principal = collections.namedtuple("Principal", "mean directions variance total")
Smoothed = collections.namedtuple("Smoothed", "classes share low radius margin")
Layer = collections.namedtuple("Layer", "kind activation inputs outputs first count")


# ---- handles ---------------------------------------------------------------------------------------------------------

def _release(name, pointer, keep):
    """Frees a handle; `keep` holds what its callbacks need until then."""
    getattr(_lib, name)(pointer)
    keep.clear()


class _Handle:
    """A handle of the library, freed with its object in any order; what it needs alive is in `_keep`."""
    _free = None

    def _adopt(self, pointer, *parents):
        self.pointer = pointer
        # Lists of the parents, not the parents: their objects may go before, what their callbacks need may not.
        self._keep = [parent._keep for parent in parents]
        if parents:
            self.context = parents[0].context
        self._finalizer = weakref.finalize(self, _release, self._free, pointer, [self._keep])
        return self

    @classmethod
    def _wrap(cls, pointer, *parents):
        return cls.__new__(cls)._adopt(pointer, *parents)

    def free(self):
        """Release the handle now; it would be released with its object."""
        self._finalizer()
        self.pointer = None

    @property
    def message(self):
        """The library's sentence about the last failure on this handle."""
        return _lib.nndyn_message(self.pointer).decode()

    def _do(self, name, *arguments):
        """A call on this handle."""
        return _call(self, name, self.pointer, *arguments)

    def _numbers(self, name, *types):
        """A call that returns numbers by pointer, one of each type."""
        out = [kind() for kind in types]
        self._do(name, *map(ctypes.byref, out))
        return [value.value for value in out]

    @contextlib.contextmanager
    def _options(self, values):
        """Keyword arguments as options for one call; NULL if there are none."""
        if not values:
            yield None
            return
        options = Options(self.context, **values)
        try:
            yield options.pointer
        finally:
            options.free()


def _created(owner, name, *arguments):
    """Runs a function whose last argument receives a new handle; failures stand on `owner`."""
    out = _ptr()
    _call(owner, name, *arguments, ctypes.byref(out))
    return out.value


class _Nowhere:
    """Stands for the handle where there is none yet."""
    pointer = None


class Context(_Handle):
    """Allocator, seed, threads, progress and cancellation of the handles made from it.

    allocator: a pair (allocate(bytes) -> address or None, release(address)), called from any thread.
    """
    _free = "nndyn_context_free"

    def __init__(self, *, seed=None, threads=None, memory_limit=None, kernels=None, progress=None, executor=None,
                 allocator=None):
        if allocator is None:
            self._adopt(_created(_Nowhere, "nndyn_context_create"))
        else:
            name = "nndyn_context_create_with_allocator"
            allocate = _callback(name, 0, lambda user, size: allocator[0](size), None)
            release = _callback(name, 1, lambda user, memory: allocator[1](memory), None)
            self._adopt(_created(_Nowhere, name, allocate, release, None))
            self._keep += [allocate, release]
        self._slots = {}
        self._keep.append(self._slots)
        settings = ((self.set_seed, seed), (self.set_threads, threads), (self.set_memory_limit, memory_limit),
                    (self.set_kernels, kernels), (self.set_progress, progress), (self.set_executor, executor))
        for setter, value in settings:
            if value is not None:
                setter(value)

    @property
    def context(self):
        return self

    def set_seed(self, seed):
        self._do("nndyn_context_set_seed", seed)

    def set_threads(self, threads):
        self._do("nndyn_context_set_threads", threads)

    def set_memory_limit(self, size):
        """Refuse calls that would take more bytes of working memory; 0 for no limit."""
        self._do("nndyn_context_set_memory_limit", size)

    def set_kernels(self, name):
        """"auto", "baseline", "avx2" or "avx512", for networks created afterwards."""
        self._do("nndyn_context_set_kernels", name.encode())

    def set_progress(self, progress):
        """progress(task, fraction) is told how far long calls have come; a true result stops the call.  None: none."""
        name = "nndyn_context_set_progress"
        callback = _FUNCTIONS[name][1][1]()
        if progress is not None:
            callback = _callback(name, 1, lambda user, task, fraction: int(bool(progress(task.decode(), fraction))))
        self._do(name, callback, None)
        self._slots["progress"] = callback

    def set_executor(self, run):
        """run(work, count) calls work(i) once for each i below count, on any threads, and returns when all are done."""
        name = "nndyn_context_set_executor"
        callback = _FUNCTIONS[name][1][1]()
        if run is not None:
            def execute(user, work, job, count):
                run(lambda index: work(job, index), count)
                return 0
            callback = _callback(name, 1, execute)
        self._do(name, callback, None)
        self._slots["executor"] = callback

    def cancel(self):
        """Stop the long calls now running on handles of this context; from any thread."""
        self._do("nndyn_context_cancel")


_default = None
_default_lock = threading.Lock()


def default_context():
    """The context of what is made without naming one."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Context()
        return _default


class Options(_Handle):
    """Named settings.  Methods make them of their keyword arguments; seldom needed alone."""
    _free = "nndyn_options_free"

    def __init__(self, context=None, **values):
        context = context or default_context()
        self._adopt(_created(context, "nndyn_options_create", context.pointer), context)
        for name, value in values.items():
            self.set(name, value)

    def set(self, name, value):
        name = name.encode()
        if isinstance(value, str):
            self._do("nndyn_options_set_text", name, value.encode())
        elif isinstance(value, numbers.Integral) or isinstance(value, np.bool_):
            self._do("nndyn_options_set_integer", name, int(value))
        elif isinstance(value, numbers.Real):
            self._do("nndyn_options_set_double", name, float(value))
        else:
            raise TypeError(f"option {name.decode()} is {value!r}; a number or a text is needed")


class Operator(_Handle):
    """A real linear map known by its products.  apply(x) and apply_transposed(y) return arrays."""
    _free = "nndyn_operator_free"

    def __init__(self, rows, columns, apply, apply_transposed=None, context=None):
        context = context or default_context()
        name = "nndyn_operator_create"

        def product(function, length, result):
            def run(user, given, out):
                values = _array(function(_view(given, length).copy()), "the product", (result,))
                _view(out, result)[:] = values
                return 0
            return run
        forward = _callback(name, 3, product(apply, columns, rows))
        transposed = _FUNCTIONS[name][1][4]()
        if apply_transposed is not None:
            transposed = _callback(name, 4, product(apply_transposed, rows, columns))
        pointer = _created(context, name, context.pointer, rows, columns, forward, transposed, None)
        self._adopt(pointer, context)._keep += [forward, transposed]

    @property
    def shape(self):
        return tuple(self._numbers("nndyn_operator_shape", _i64, _i64, _int)[:2])

    @property
    def symmetric(self):
        return bool(self._numbers("nndyn_operator_shape", _i64, _i64, _int)[2])

    def _product(self, name, value, length, result):
        value, out = _array(value, "the vector", (length,)), np.empty(result)
        self._do(name, _address(value), _address(out))
        return out

    def apply(self, x):
        rows, columns = self.shape
        return self._product("nndyn_operator_apply", x, columns, rows)

    def apply_transposed(self, y):
        rows, columns = self.shape
        return self._product("nndyn_operator_apply_transposed", y, rows, columns)

    __matmul__ = apply

    def singular_values(self, count, vectors=False, **options):
        """The largest singular values; with vectors=True (s, u, v, residuals), row i of u and v belonging to s[i]."""
        rows, columns = self.shape
        s = np.empty(count)
        more = [np.empty((count, rows)), np.empty((count, columns)), np.empty(count)] if vectors else [None] * 3
        with self._options(options) as o:
            self._do("nndyn_singular_values", count, o, _address(s), *map(_address, more))
        return (s, *more) if vectors else s

    def eigenpairs(self, count, **options):
        """(values, vectors, residuals, converged) at one end of a symmetric operator's spectrum, row i of vectors
        belonging to values[i]; converged[i] is False where the allowed iterations were too few."""
        values, residuals, converged = np.empty(count), np.empty(count), np.empty(count, np.intc)
        vectors = np.empty((count, self.shape[0]))
        with self._options(options) as o:
            self._do("nndyn_eigenpairs", count, o, *map(_address, (values, vectors, residuals, converged)))
        return values, vectors, residuals, converged.astype(bool)

    def eigenvalues(self, count, **options):
        """(values, residuals, converged): the complex eigenvalues of largest modulus of a square operator."""
        re, im, residuals, converged = np.empty(count), np.empty(count), np.empty(count), np.empty(count, np.intc)
        with self._options(options) as o:
            self._do("nndyn_eigenvalues", count, o, *map(_address, (re, im, residuals, converged)))
        return re + 1j * im, residuals, converged.astype(bool)

    def spectral_density(self, points, **options):
        """(grid, density, error) of a symmetric operator's spectrum."""
        grid, density, error = np.empty(points), np.empty(points), np.empty(points)
        with self._options(options) as o:
            self._do("nndyn_spectral_density", points, o, *map(_address, (grid, density, error)))
        return grid, density, error

    def spectral_quadrature(self, **options):
        """(nodes, weights) whose weighted sums are means over a symmetric operator's spectrum."""
        n, count = self.shape[0], _i64()
        capacity = max(n, int(options.get("probes", 10)) * int(options.get("steps", 80)))
        nodes, weights = np.empty(capacity), np.empty(capacity)
        with self._options(options) as o:
            self._do("nndyn_spectral_quadrature", capacity, o, _address(nodes), _address(weights), ctypes.byref(count))
        return nodes[:count.value], weights[:count.value]

    def trace(self, **options):
        """(trace, its standard error) of a square operator."""
        trace, error = _f64(), _f64()
        with self._options(options) as o:
            self._do("nndyn_trace", o, ctypes.byref(trace), ctypes.byref(error))
        return trace.value, error.value


# ---- power laws ------------------------------------------------------------------------------------------------------

class PowerlawStream(_Handle):
    """Estimates of a power law on the window [xmin, xmax] from any number of samples, in constant memory."""
    _free = "nndyn_powerlaw_stream_free"

    def __init__(self, xmin, xmax, bins=30, context=None):
        context = context or default_context()
        name = "nndyn_powerlaw_stream_create"
        self._adopt(_created(context, name, context.pointer, xmin, xmax, bins), context)
        self._bins = bins

    def add(self, x):
        """Add samples of any shape, by their size."""
        single = np.asarray(x).dtype == np.float32
        x = np.ravel(np.asarray(x))
        x = _array(x, "x", (None,), np.float32 if single else np.float64)
        self._do("nndyn_powerlaw_stream_add" + ("_f32" if single else ""), len(x), _address(x))
        return self

    def merge(self, other):
        """Add what another stream of the same window and bins has seen."""
        self._do("nndyn_powerlaw_stream_merge", other.pointer)
        return self

    def clear(self):
        self._do("nndyn_powerlaw_stream_clear")

    @property
    def counts(self):
        """(inside, zeros, below, above, nonfinite)"""
        return PowerlawCounts(*self._numbers("nndyn_powerlaw_stream_counts", *[_i64] * 5))

    def exponent(self):
        """(k, standard error) by maximum likelihood."""
        return tuple(self._numbers("nndyn_powerlaw_stream_exponent", _f64, _f64))

    def binned(self):
        """(k, standard error) by maximum likelihood from the histogram."""
        return tuple(self._numbers("nndyn_powerlaw_stream_binned", _f64, _f64))

    def curvature(self):
        """The score of the test of curvature: standard normal under a power law."""
        return self._numbers("nndyn_powerlaw_stream_curvature", _f64)[0]

    def slope(self):
        """(k, ln of the density at 1, standard error) of a line through the histogram, for plots."""
        return tuple(self._numbers("nndyn_powerlaw_stream_slope", _f64, _f64, _f64))

    def histogram(self):
        """(edges, counts, densities)"""
        edges, counts, densities = np.empty(self._bins + 1), np.empty(self._bins, np.int64), np.empty(self._bins)
        self._do("nndyn_powerlaw_stream_histogram", *map(_address, (edges, counts, densities)))
        return edges, counts, densities


class PowerlawFit(_Handle):
    """A power law fitted to samples, by default with the x_min of the smallest Kolmogorov-Smirnov distance."""
    _free = "nndyn_powerlaw_fit_free"

    def __init__(self, x, context=None, **options):
        context = context or default_context()
        x = _array(x, "x", (None,))
        with context._options(options) as o:
            pointer = _created(context, "nndyn_powerlaw_fit_create", context.pointer, len(x), _address(x), o)
        self._adopt(pointer, context)

    @property
    def k(self):
        return self._numbers("nndyn_powerlaw_fit_exponent", _f64, _f64)[0]

    @property
    def se(self):
        """The standard error of k."""
        return self._numbers("nndyn_powerlaw_fit_exponent", _f64, _f64)[1]

    @property
    def window(self):
        """(xmin, xmax, samples inside)"""
        return tuple(self._numbers("nndyn_powerlaw_fit_window", _f64, _f64, _i64))

    @property
    def xmin(self):
        return self.window[0]

    @property
    def counts(self):
        """(positive, zeros, nonfinite, distinct)"""
        return tuple(self._numbers("nndyn_powerlaw_fit_counts", *[_i64] * 4))

    @property
    def distance(self):
        return self._numbers("nndyn_powerlaw_fit_distance", _f64)[0]

    def curvature(self):
        return self._numbers("nndyn_powerlaw_fit_curvature", _f64)[0]

    def curve(self):
        """(ends, exponents, distances, inside) of all candidates; the fit needs curve=1."""
        length = _i64()
        self._do("nndyn_powerlaw_fit_curve", 0, None, None, None, None, ctypes.byref(length))
        n = length.value
        out = np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.int64)
        self._do("nndyn_powerlaw_fit_curve", n, *map(_address, out), ctypes.byref(length))
        return out

    def compare(self, alternative):
        """PowerlawComparison with "exponential", "lognormal", "stretched" or "truncated"."""
        if isinstance(alternative, str):
            known = {name[len("POWERLAW_"):].lower(): value for name, value in globals().items()
                     if name.startswith("POWERLAW_")}
            if alternative not in known:
                raise ValueError(f"alternative is {alternative!r}; it must be one of {', '.join(sorted(known))}")
            alternative = known[alternative]
        parameters, numbers_ = np.empty(2), [_f64(), _f64(), _f64()]
        self._do("nndyn_powerlaw_compare", alternative, _address(parameters), *map(ctypes.byref, numbers_))
        return PowerlawComparison(parameters, *[value.value for value in numbers_])

    def goodness(self, replicas=2500, seed=0, distances=False):
        """The share of synthetic data sets further from their fit than the data; with distances=True (p, distances)."""
        p, out = _f64(), np.empty(replicas)
        self._do("nndyn_powerlaw_goodness", replicas, seed, ctypes.byref(p), _address(out))
        return (p.value, out) if distances else p.value


PowerlawCounts = collections.namedtuple("PowerlawCounts", "inside zeros below above nonfinite")
PowerlawComparison = collections.namedtuple("PowerlawComparison", "parameters ratio normalized p")


def _estimate(name, x, given, options, outputs, context):
    """A function of samples, numbers and options that returns numbers."""
    context = context or default_context()
    x, out = _array(x, "x", (None,)), [_f64() for _ in range(outputs)]
    with context._options(options) as o:
        _call(context, name, context.pointer, len(x), _address(x), *given, o, *map(ctypes.byref, out))
    return tuple(value.value for value in out) if outputs > 1 else out[0].value


def powerlaw_bounded(x, xmin, xmax, context=None, **options):
    """(k, standard error) on a bounded window, by maximum likelihood."""
    return _estimate("nndyn_powerlaw_bounded", x, (xmin, xmax), options, 2, context)


def powerlaw_tail(x, xmin, context=None, **options):
    """(k, standard error) on x >= xmin, by maximum likelihood."""
    return _estimate("nndyn_powerlaw_tail", x, (xmin,), options, 2, context)


def powerlaw_distance(x, k, xmin, xmax=float("inf"), context=None, **options):
    """Kolmogorov-Smirnov distance from a power law on a window."""
    return _estimate("nndyn_powerlaw_distance", x, (xmin, xmax, k), options, 1, context)


def powerlaw_curvature(x, xmin, xmax=float("inf"), context=None, **options):
    """The score of the test of curvature: standard normal under a power law."""
    return _estimate("nndyn_powerlaw_curvature", x, (xmin, xmax), options, 1, context)


def powerlaw_effective_size(x, xmin, xmax=float("inf"), context=None, **options):
    """(independent samples that a record is worth, correlation time)"""
    return _estimate("nndyn_powerlaw_effective_size", x, (xmin, xmax), options, 2, context)


def powerlaw_interval(x, xmin, xmax=float("inf"), replicas=1000, seed=0, context=None, **options):
    """(k, low, high) from a dependent record, by resampling blocks of it."""
    return _estimate("nndyn_powerlaw_interval", x, (xmin, xmax, replicas, seed), options, 3, context)


def ks_two_sample(x, y, context=None):
    """(distance, p) of the two-sample Kolmogorov-Smirnov test."""
    context = context or default_context()
    x, y, out = _array(x, "x", (None,)), _array(y, "y", (None,)), [_f64(), _f64()]
    _call(context, "nndyn_ks_two_sample", context.pointer, len(x), _address(x), len(y), _address(y),
          *map(ctypes.byref, out))
    return out[0].value, out[1].value


# ---- asymptotics -----------------------------------------------------------------------------------------------------

InjectiveNorm = collections.namedtuple("InjectiveNorm", "lower upper agreeing vectors")


def _injective_norm(name, dims, numbers, context, options):
    context = context or default_context()
    dims, bounds, agreeing = np.array(dims, np.int64), [_f64(), _f64()], _i64()
    vectors = np.empty(int(dims.sum()))
    with context._options(options) as o:
        _call(context, name, context.pointer, len(dims), _address(dims), _address(numbers), o,
              *map(ctypes.byref, bounds), ctypes.byref(agreeing), _address(vectors))
    return InjectiveNorm(bounds[0].value, bounds[1].value, agreeing.value, np.split(vectors, np.cumsum(dims)[:-1]))


def injective_norm(tensor, context=None, **options):
    """InjectiveNorm: bounds of the largest value on unit vectors, one a slot, and the vectors of the lower one."""
    tensor = np.ascontiguousarray(tensor, np.float64)
    return _injective_norm("nndyn_injective_norm", tensor.shape, tensor, context, options)


def injective_norm_gram(gram, dims, context=None, **options):
    """The same of a tensor of shape `dims` whose entries are vectors with these inner products."""
    size = int(np.prod(dims))
    return _injective_norm("nndyn_injective_norm_gram", dims, _array(gram, "gram", (size, size)), context, options)


WidthPower = collections.namedtuple("WidthPower", "p se low high")
WidthQuote = collections.namedtuple("WidthQuote", "p se low high statistic model")
WidthFit = collections.namedtuple("WidthFit", "a c chi_squared freedom")
WidthStatistic = collections.namedtuple("WidthStatistic", "level reliable")
WidthPoints = collections.namedtuple("WidthPoints", "widths values errors")
WidthSlopes = collections.namedtuple("WidthSlopes", "at slopes errors")
WidthTrend = collections.namedtuple("WidthTrend", "trend se")
WidthSpread = collections.namedtuple("WidthSpread", "first second difference se")


class WidthExponent(_Handle):
    """Exponents p of size ~ n^p from samples at several widths; `samples` has one array for each width."""
    _free = "nndyn_width_exponent_free"

    def __init__(self, widths, samples, levels=None, context=None, **options):
        context = context or default_context()
        widths, samples = _array(widths, "widths", (None,)), [np.ravel(x) for x in samples]
        if len(widths) != len(samples):
            raise ValueError(f"samples has {len(samples)} arrays; it must have one for each of {len(widths)} widths")
        counts = np.array([len(x) for x in samples], np.int64)
        values = np.ascontiguousarray(np.concatenate(samples), np.float64)
        levels = None if levels is None else _array(levels, "levels", (None,))
        with context._options(options) as o:
            pointer = _created(context, "nndyn_width_exponent_create", context.pointer, len(widths), _address(widths),
                               _address(counts), _address(values), 0 if levels is None else len(levels),
                               None if levels is None else _address(levels), o)
        self._adopt(pointer, context)

    @property
    def verdict(self):
        """EXPONENT_CONSISTENT, EXPONENT_SPLIT, EXPONENT_CURVED or EXPONENT_INSUFFICIENT."""
        return self._numbers("nndyn_width_exponent_verdict", _int)[0]

    def quote(self):
        """WidthQuote: the exponent to quote."""
        return WidthQuote(*self._numbers("nndyn_width_exponent_quote", *[_f64] * 4, _i64, _int))

    @property
    def counts(self):
        """(widths, statistics)"""
        return tuple(self._numbers("nndyn_width_exponent_counts", _i64, _i64))

    def statistic(self, statistic):
        """WidthStatistic: level of a quantile (0: root mean square), and whether enough samples lie above it."""
        level, reliable = _f64(), _int()
        self._do("nndyn_width_exponent_statistic", statistic, ctypes.byref(level), ctypes.byref(reliable))
        return WidthStatistic(level.value, bool(reliable.value))

    def value(self, statistic=0, model=0):
        """WidthPower of one statistic by EXPONENT_POWER, _CORRECTED or _LOGARITHMIC; 0: the preferred one."""
        out = [_f64() for _ in range(4)]
        self._do("nndyn_width_exponent_value", statistic, model, *map(ctypes.byref, out))
        return WidthPower(*[value.value for value in out])

    def fit(self, statistic=0, model=0):
        """WidthFit: the other parameters of the same fit, and its chi squared."""
        out = [_f64(), _f64(), _f64(), _i64()]
        self._do("nndyn_width_exponent_fit", statistic, model, *map(ctypes.byref, out))
        return WidthFit(*[value.value for value in out])

    def points(self, statistic=0):
        """WidthPoints: widths, the statistic there, standard errors of its logarithm."""
        out = WidthPoints(*[np.empty(self.counts[0]) for _ in range(3)])
        self._do("nndyn_width_exponent_points", statistic, *map(_address, out))
        return out

    def slopes(self, statistic=0):
        """WidthSlopes between neighboring widths."""
        out = WidthSlopes(*[np.empty(self.counts[0] - 1) for _ in range(3)])
        self._do("nndyn_width_exponent_slopes", statistic, *map(_address, out))
        return out

    def trend(self, statistic=0):
        """WidthTrend: the derivative of the local slope by ln n."""
        out = [_f64(), _f64()]
        self._do("nndyn_width_exponent_trend", statistic, *map(ctypes.byref, out))
        return WidthTrend(*[value.value for value in out])

    def spread(self):
        """WidthSpread: the two reliable statistics whose powers differ most."""
        return WidthSpread(*self._numbers("nndyn_width_exponent_spread", _i64, _i64, _f64, _f64))


# ---- data ------------------------------------------------------------------------------------------------------------

class Dataset(_Handle):
    """Samples: inputs x (N x inputs) with targets t (N x targets), or with labels of classes, or alone.

    A float32 x makes a float32 data set.  copy=False borrows x (and t), which must then stay as they are.
    """
    _free = "nndyn_dataset_free"

    def __init__(self, x, t=None, labels=None, classes=None, copy=True, context=None):
        context = context or default_context()
        single = np.asarray(x).dtype == np.float32
        dtype, suffix = (np.float32, "_f32") if single else (np.float64, "")
        x = _array(x, "x", (None, None), dtype)
        if labels is not None:
            if t is not None:
                raise ValueError("either t or labels, not both")
            labels = _array(labels, "labels", (len(x),), np.int64)
            classes = classes or max(2, int(labels.max(initial=0)) + 1)
            rest, name = (classes, _address(labels)), "nndyn_dataset_create_labels" + suffix
        else:
            t = None if t is None else _array(t, "t", (len(x), None), dtype)
            rest, name = (0 if t is None else t.shape[1], _address(t)), "nndyn_dataset_create" + suffix
        pointer = _created(context, name, context.pointer, x.shape[0], x.shape[1], _address(x), *rest, int(copy))
        self._adopt(pointer, context)
        if not copy:
            self._keep += [x, t]

    @classmethod
    def read_idx(cls, images, labels=None, context=None, **options):
        """From IDX files (the format of MNIST)."""
        context = context or default_context()
        paths = os.fsencode(images), None if labels is None else os.fsencode(labels)
        with context._options(options) as o:
            return cls._wrap(_created(context, "nndyn_dataset_read_idx", context.pointer, *paths, o), context)

    @classmethod
    def read_csv(cls, path, context=None, **options):
        """From a text table of numbers."""
        context = context or default_context()
        with context._options(options) as o:
            pointer = _created(context, "nndyn_dataset_read_csv", context.pointer, os.fsencode(path), o)
        return cls._wrap(pointer, context)

    def _shape(self):
        return self._numbers("nndyn_dataset_shape", _i64, _i64, _i64, _i64, _int)

    def __len__(self):
        return self._shape()[0]

    @property
    def inputs(self):
        return self._shape()[1]

    @property
    def targets(self):
        return self._shape()[2]

    @property
    def classes(self):
        return self._shape()[3]

    @property
    def dtype(self):
        return np.dtype(np.float32 if self._shape()[4] == F32 else np.float64)

    def get(self, first=0, count=None):
        """(x, t, labels) of a range of rows, as float64; labels is None if the data have none."""
        samples, inputs, targets, classes, _ = self._shape()
        count = samples - first if count is None else count
        rows = max(count, 0)
        x, t = np.empty((rows, inputs)), np.empty((rows, targets))
        labels = np.empty(rows, np.int64) if classes else None
        self._do("nndyn_dataset_get", first, count, _address(x), _address(t) if targets else None, _address(labels))
        return x, t, labels

    def select(self, rows):
        rows = _array(rows, "rows", (None,), np.int64)
        return self._wrap(_created(self, "nndyn_dataset_select", self.pointer, len(rows), _address(rows)), self)

    def convert(self, dtype):
        return self._wrap(_created(self, "nndyn_dataset_convert", self.pointer, _dtype(dtype)), self)

    def standardize(self, reference=None):
        """Inputs as (x - mean) / deviation of `reference`, by default of this data set."""
        reference = reference or self
        return self._wrap(_created(self, "nndyn_dataset_standardize", self.pointer, reference.pointer), self)

    def resize(self, shape, new_shape, **options):
        """Images of `shape` (height, width) or (channels, height, width) as images of `new_shape` (height, width)."""
        channels, height, width = (1, *shape) if len(shape) == 2 else shape
        with self._options(options) as o:
            pointer = _created(self, "nndyn_dataset_resize", self.pointer, channels, height, width, *new_shape, o)
        return self._wrap(pointer, self)

    def split(self, fraction, **options):
        """Two data sets, the second with this fraction of the samples."""
        first, second = _ptr(), _ptr()
        with self._options(options) as o:
            self._do("nndyn_dataset_split", fraction, o, ctypes.byref(first), ctypes.byref(second))
        return self._wrap(first.value, self), self._wrap(second.value, self)

    def principal(self, count, **options):
        """Principal directions: (mean of the inputs, count x inputs directions, variances along them, total)."""
        mean, directions = np.empty(self.inputs), np.empty((count, self.inputs))
        variance, total = np.empty(count), _f64()
        with self._options(options) as o:
            self._do("nndyn_basin_principal", count, o, _address(mean), _address(directions), _address(variance),
                     ctypes.byref(total))
        return Principal(mean, directions, variance, total.value)

    def batches(self, kind="epochs", size=1, **options):
        return Batches(self, kind, size, **options)


class Batches(_Handle):
    """A rule that turns a data set into batches: "full", "epochs" or "replacement"."""
    _free = "nndyn_batches_free"

    def __init__(self, dataset, kind="epochs", size=1, **options):
        kind = _named(kind, "kind of batches", "BATCH_", _BATCHES)
        with dataset._options(options) as o:
            pointer = _created(dataset, "nndyn_batches_create", dataset.pointer, kind, size, o)
        self._adopt(pointer, dataset)
        self.inputs, self.targets, self.dtype = dataset.inputs, dataset.targets, dataset.dtype

    @property
    def steps(self):
        """Steps that make one pass over the data."""
        return self._numbers("nndyn_batches_shape", _i64, _i64)[0]

    @property
    def largest(self):
        return self._numbers("nndyn_batches_shape", _i64, _i64)[1]

    def get(self, step):
        """(x, t) of batch number `step`, as copies."""
        n, x, t = _i64(), _ptr(), _ptr()
        single = self.dtype == np.float32
        name = "nndyn_batches_get_f32" if single else "nndyn_batches_get"
        self._do(name, step, ctypes.byref(n), ctypes.byref(x), ctypes.byref(t))

        def copied(address, width):
            array = np.empty((n.value, width), self.dtype)
            if array.size:
                ctypes.memmove(array.ctypes.data, address.value, array.nbytes)
            return array
        return copied(x, self.inputs), copied(t, self.targets)

    __getitem__ = get

    def __iter__(self):
        return (self.get(step) for step in range(self.steps))


# ---- networks --------------------------------------------------------------------------------------------------------

class Network(_Handle):
    """A chain of layers and the loss it is asked to minimize.  Methods that add to it return it.

    Activations and losses are names ("leaky_relu", "softmax_cross_entropy") or constants.
    """
    _free = "nndyn_network_free"

    def __init__(self, inputs, dtype=np.float64, context=None):
        context = context or default_context()
        self._adopt(_created(context, "nndyn_network_create", context.pointer, _dtype(dtype), inputs), context)

    @classmethod
    def load(cls, path, context=None):
        context = context or default_context()
        return cls._wrap(_created(context, "nndyn_network_load", context.pointer, os.fsencode(path)), context)

    # -- layers and loss

    def dense(self, units, activation="identity", **options):
        kind = _kind(activation, "activation", activation_name)
        if not options:
            self._do("nndyn_network_add_dense", units, kind)
            return self
        with self._options(options) as o:
            self._do("nndyn_network_add_dense_with", units, kind, o)
        return self

    def activation(self, kind, **options):
        with self._options(options) as o:
            self._do("nndyn_network_add_activation", _kind(kind, "activation", activation_name), o)
        return self

    def custom_activation(self, evaluate, order):
        """evaluate(order, z) returns that derivative at the points z; `order` is the highest it knows."""
        name = "nndyn_network_add_custom_activation"

        def run(user, derivative, count, z, values):
            _view(values, count)[:] = evaluate(derivative, _view(z, count).copy())
            return 0
        callback = _callback(name, 2, run)
        self._do(name, order, callback, None)
        self._keep.append(callback)
        return self

    def batch_norm(self, **options):
        with self._options(options) as o:
            self._do("nndyn_network_add_batch_norm", o)
        return self

    def dropout(self, rate):
        self._do("nndyn_network_add_dropout", rate)
        return self

    def begin_residual(self):
        self._do("nndyn_network_begin_residual")
        return self

    def end_residual(self):
        self._do("nndyn_network_end_residual")
        return self

    @contextlib.contextmanager
    def residual(self):
        """What is added within the `with` is a residual block."""
        yield self.begin_residual()
        self.end_residual()

    def loss(self, kind, **options):
        kind = _kind(kind, "loss", loss_name)
        if not options:
            self._do("nndyn_network_set_loss", kind)
            return self
        with self._options(options) as o:
            self._do("nndyn_network_set_loss_with", kind, o)
        return self

    def custom_loss(self, evaluate, order):
        """evaluate(a, t) of one sample returns (h, d), and with order 2 (h, d, m, e, dt): dh/da, its derivatives with
        respect to a and t, and dh/dt."""
        name = "nndyn_network_set_custom_loss"

        def run(user, k, a, t, *out):
            results = evaluate(_view(a, k).copy(), _view(t, k).copy())
            for address, shape, value in zip(out, ((1,), (k,), (k, k), (k, k), (k,)), results):
                if address:
                    _view(address, *shape)[:] = value
            return 0
        callback = _callback(name, 2, run)
        self._do(name, order, callback, None)
        self._keep.append(callback)
        return self

    # -- sizes, parameters, files

    def initialize(self, seed):
        self._do("nndyn_network_initialize", seed)
        return self

    def _shape(self):
        return self._numbers("nndyn_network_shape", _i64, _i64, _i64, _i64, _int)

    @property
    def inputs(self):
        return self._shape()[0]

    @property
    def outputs(self):
        return self._shape()[1]

    @property
    def layers(self):
        """Every layer of the chain, with its slice of the parameters."""
        return [self.layer(i) for i in range(self._shape()[2])]

    def layer(self, number):
        kinds = (_int, _int, _i64, _i64, _i64, _i64)
        out = [kind() for kind in kinds]
        self._do("nndyn_network_layer", number, *map(ctypes.byref, out))
        return Layer(*(value.value for value in out))

    @property
    def size(self):
        """Number of parameters."""
        return self._shape()[3]

    @property
    def dtype(self):
        return np.dtype(np.float32 if self._shape()[4] == F32 else np.float64)

    def _get(self, name, count):
        values = np.empty(count)
        self._do(name, count, _address(values))
        return values

    def _set(self, name, count, what, values):
        values = _array(values, what, (count,))
        self._do(name, count, _address(values))

    @property
    def parameters(self):
        """All parameters as one vector, layer after layer; assign to set them."""
        return self._get("nndyn_network_get_parameters", self.size)

    @parameters.setter
    def parameters(self, values):
        self._set("nndyn_network_set_parameters", self.size, "parameters", values)

    def _statistics(self):
        return sum(2 * layer.outputs for layer in self.layers if layer.kind == BATCH_NORM)

    @property
    def statistics(self):
        """Running means and variances of batch norm layers; assign to set them."""
        return self._get("nndyn_network_get_statistics", self._statistics())

    @statistics.setter
    def statistics(self, values):
        self._set("nndyn_network_set_statistics", self._statistics(), "statistics", values)

    def copy(self, dtype=None):
        dtype = _dtype(self.dtype if dtype is None else dtype)
        return self._wrap(_created(self, "nndyn_network_copy", self.pointer, dtype), self)

    def save(self, path):
        self._do("nndyn_network_save", os.fsencode(path))

    # -- evaluation

    def forward(self, x):
        """Outputs (n x outputs), in evaluation mode and the network's precision."""
        dtype = self.dtype
        x = _array(x, "x", (None, self.inputs), dtype)
        y = np.empty((len(x), self.outputs), dtype)
        name = "nndyn_network_forward_f32" if dtype == np.float32 else "nndyn_network_forward"
        self._do(name, len(x), _address(x), _address(y))
        return y

    __call__ = forward

    def evaluate(self, dataset):
        """(mean loss, accuracy) on a data set; each is None where the data have no targets, or no labels, for it."""
        loss, accuracy = _f64(), _f64()
        wanted = dataset.targets > 0, dataset.classes > 0
        out = [ctypes.byref(value) if want else None for value, want in zip((loss, accuracy), wanted)]
        self._do("nndyn_network_evaluate", dataset.pointer, *out)
        return loss.value if wanted[0] else None, accuracy.value if wanted[1] else None

    def linear_substitution(self, dataset=None, **options):
        """The linear maps above each layer, and with data what they are worth: a Substitution."""
        with self._options(options) as o:
            data = dataset.pointer if dataset is not None else None
            return Substitution._wrap(_created(self, "nndyn_linear_substitution", self.pointer, data, o), self)

    def rank_distribution(self, dataset, **options):
        """Rank distributions of all hidden layers: a Ranks."""
        with self._options(options) as o:
            return Ranks._wrap(_created(self, "nndyn_rank_distribution", self.pointer, dataset.pointer, o), self)

    def linearized(self, x, t, x_test=None, **options):
        """The linearized model of the network as it is: "kernel" ("full", "trace" or "products"), a Linearized."""
        x = _array(x, "x", (None, self.inputs))
        t = _array(t, "t", (len(x), self.outputs))
        x_test = None if x_test is None else _array(x_test, "x_test", (None, self.inputs))
        with self._options(options) as o:
            return Linearized._wrap(_created(self, "nndyn_linearized_create_network", self.pointer, len(x), _address(x),
                                             _address(t), 0 if x_test is None else len(x_test),
                                             None if x_test is None else _address(x_test), o), self)

    def projection(self, dataset, count=2, **options):
        """(points, directions, singular values): last hidden activations on the last weights' singular vectors."""
        dense = [layer for layer in self.layers if layer.kind == DENSE]
        width = dense[-1].inputs if dense else 0
        points, directions, values = np.empty((len(dataset), count)), np.empty((count, width)), np.empty(count)
        with self._options(options) as o:
            self._do("nndyn_projection", dataset.pointer, o, count, _address(points), _address(directions),
                     _address(values))
        return points, directions, values

    def separation_layers(self, **options):
        """(layers, widths) of the sites where separation is measured; layer -1 is the input itself."""
        count = _i64()
        with self._options(options) as o:
            self._do("nndyn_separation_layers", o, 0, None, None, ctypes.byref(count))
            layers, widths = np.empty(count.value, np.int64), np.empty(count.value, np.int64)
            self._do("nndyn_separation_layers", o, count.value, _address(layers), _address(widths), ctypes.byref(count))
        return layers, widths

    def separation(self, dataset, **options):
        """Separation at every site, a Separation each in `values`, with loss and accuracy."""
        sites = len(self.separation_layers(**{k: v for k, v in options.items() if k == "outputs"})[0])
        values, flags = np.empty((sites, _SEPARATIONS)), np.empty(sites, np.int32)
        loss, accuracy = _f64(), _f64()
        with self._options(options) as o:
            self._do("nndyn_network_separation", dataset.pointer, o, sites, _SEPARATIONS, _address(values),
                     _address(flags), None, ctypes.byref(loss), ctypes.byref(accuracy))
        rows = [Separation(*row, int(flag)) for row, flag in zip(values.tolist(), flags)]
        return NetworkSeparation(values[:, SEPARATION_D].copy(), rows, flags, loss.value, accuracy.value)

    def batch_norm_lag(self, dataset):
        """How far the running means of each batch norm layer are behind those of the data, in its deviations."""
        layers = _i64()
        self._do("nndyn_batch_norm_lag", dataset.pointer, 0, None, ctypes.byref(layers))
        lag = np.empty(layers.value)
        self._do("nndyn_batch_norm_lag", dataset.pointer, len(lag), _address(lag), None)
        return lag

    def batch_norm_accuracy(self, dataset):
        """Accuracy with statistics of batch norm recalibrated on the data; the network stays as it is."""
        accuracy = _f64()
        self._do("nndyn_batch_norm_accuracy", dataset.pointer, ctypes.byref(accuracy))
        return accuracy.value

    def batch_norm_recalibrate(self, dataset):
        """Replace the running statistics of batch norm by those of the data."""
        self._do("nndyn_batch_norm_recalibrate", dataset.pointer)
        return self

    def order_group(self, dataset, layer, v, units=None, **options):
        """(counts, tau_b, rho) of sum v f(h) against sum v h, of units (all) of an activation layer."""
        v = _array(v, "v", (None,))
        units = None if units is None else _array(units, "units", v.shape, np.int64)
        counts, tau, rho = np.empty(ORDER_COUNTS, np.int64), _f64(), _f64()
        with self._options(options) as o:
            self._do("nndyn_order_group", dataset.pointer, layer, len(v), _address(units), _address(v), o,
                     _address(counts), ctypes.byref(tau), ctypes.byref(rho))
        return counts, tau.value, rho.value

    def order_tail(self, dataset, **options):
        """(tau_b, rho, index): logits of the linear substitution against true ones; a row a cut, a column a class."""
        cuts = _i64()
        with self._options(options) as o:
            self._do("nndyn_order_tail", dataset.pointer, o, 0, None, None, None, ctypes.byref(cuts))
            tau, rho, index = (np.empty((cuts.value, self.outputs)), np.empty((cuts.value, self.outputs)),
                               np.empty(cuts.value))
            self._do("nndyn_order_tail", dataset.pointer, o, cuts.value, _address(tau), _address(rho),
                     _address(index), None)
        return tau, rho, index

    def basin_sample(self, dataset, **options):
        """Radii of the basins of a data set, its classes and (samples=1) its samples: a Basin."""
        with self._options(options) as o:
            pointer = _created(self, "nndyn_basin_sample", self.pointer, dataset.pointer, o)
        return Basin._wrap(pointer, self)

    def basin_margins(self, dataset, sigma=()):
        """(accuracies at amplitudes sigma, distances of the samples) by boundaries linearized in the inputs."""
        sigma = _array(np.atleast_1d(np.asarray(sigma, dtype=float)), "sigma", (None,))
        accuracy, distances = np.empty(len(sigma)), np.empty(len(dataset))
        self._do("nndyn_basin_margins", dataset.pointer, len(sigma), _address(sigma), _address(accuracy),
                 _address(distances))
        return accuracy, distances

    def basin_slice(self, x, directions, low, high, counts, **options):
        """(classes, margins), arrays of shape counts, at x + t directions for t from low to high on each axis."""
        x = _array(x, "x", (self.inputs,))
        directions = _array(np.atleast_2d(directions), "directions", (None, self.inputs))
        axes = len(directions)
        low, high = (_array(np.broadcast_to(np.asarray(v, dtype=float), axes).copy(), "low, high", (axes,))
                     for v in (low, high))
        counts = np.ascontiguousarray(np.broadcast_to(counts, axes), dtype=np.int64)
        shape = tuple(int(max(n, 0)) for n in counts)
        classes, margins = np.empty(shape, dtype=np.int64), np.empty(shape)
        with self._options(options) as o:
            self._do("nndyn_basin_slice", _address(x), axes, _address(directions), _address(low), _address(high),
                     _address(counts), o, _address(classes), _address(margins))
        return classes, margins

    def basin_smoothed(self, dataset, sigma, **options):
        """The classifier smoothed by noise: (classes, share, low, radius, margin), a number a sample of each."""
        n = len(dataset)
        classes, values = np.empty(n, dtype=np.int64), [np.empty(n) for _ in range(4)]
        with self._options(options) as o:
            self._do("nndyn_basin_smoothed", dataset.pointer, sigma, o, _address(classes), *map(_address, values))
        return Smoothed(classes, *values)

    def basin_rays(self, dataset, directions, **options):
        """Radii (samples x directions) where predictions change; directions: count x inputs, or how many random."""
        drawn = np.ndim(directions) == 0
        if not drawn:
            directions = _array(directions, "directions", (None, self.inputs))
        count = int(directions) if drawn else len(directions)
        radii = np.empty((len(dataset), max(count, 0)))
        with self._options(options) as o:
            self._do("nndyn_basin_ray", dataset.pointer, count, _address(None if drawn else directions), o,
                     _address(radii))
        return radii

    def basin_adversarial(self, dataset, lower=True, points=False, **options):
        """Bounds of the adversarial radii: (upper, lower, points); lower, points are None if not wanted."""
        upper = np.empty(len(dataset))
        lower = np.empty(len(dataset)) if lower else None
        points = np.empty((len(dataset), self.inputs)) if points else None
        with self._options(options) as o:
            self._do("nndyn_basin_adversarial", dataset.pointer, o, _address(upper),
                     _address(lower), _address(points))
        return BasinAdversarial(upper, lower, points)

    def basin_weights(self, dataset, directions=None, **options):
        """Radius of the basin by noise added to the weights, drawn or along given directions (draws x P): a Basin."""
        with self._options(options) as o:
            if directions is None:
                pointer = _created(self, "nndyn_basin_weights", self.pointer, dataset.pointer, o)
            else:
                directions = _array(directions, "directions", (None, self.size))
                pointer = _created(self, "nndyn_basin_weights_along", self.pointer, dataset.pointer, len(directions),
                                   _address(directions), o)
        return Basin._wrap(pointer, self)

    def basin_curvature(self, dataset, **options):
        """What the Hessian says of the basin: CURVATURES numbers, indexed by CURVATURE_LOSS, ..."""
        figures = np.empty(CURVATURES)
        with self._options(options) as o:
            self._do("nndyn_basin_curvature", dataset.pointer, o, _address(figures))
        return figures

    def basin_loss_radius(self, dataset, directions, **options):
        """(radii where the loss has risen along each direction, their quadratic approximations)."""
        directions = _array(directions, "directions", (None, self.size))
        radius, quadratic = np.empty(len(directions)), np.empty(len(directions))
        with self._options(options) as o:
            self._do("nndyn_basin_loss_radius", dataset.pointer, len(directions), _address(directions), o,
                     _address(radius), _address(quadratic))
        return radius, quadratic

    def basin_linearized(self, dataset, sigma, **options):
        """Accuracies at amplitudes sigma of noise on the weights, with the outputs linearized in these."""
        sigma = _array(np.atleast_1d(sigma), "sigma", (None,))
        accuracy = np.empty(len(sigma))
        with self._options(options) as o:
            self._do("nndyn_basin_linearized", dataset.pointer, len(sigma), _address(sigma), o, _address(accuracy))
        return accuracy

    def trainer_forecast(self, optimizer, n):
        """Bytes of a trainer for batches of n samples, and flops of one step's matrix products."""
        size, flops = _i64(), _f64()
        kind = _named(optimizer, "optimizer", "", _OPTIMIZERS)
        self._do("nndyn_trainer_forecast", kind, n, ctypes.byref(size), ctypes.byref(flops))
        return Forecast(size.value, flops.value)

    # -- derivatives, all in float64

    def _batch(self, x, t=None):
        """Arguments n, x (and t), with the arrays that must live during the call."""
        x = _array(x, "x", (None, self.inputs))
        if t is None:
            return [len(x), _address(x)], [x]
        t = _array(t, "t", (len(x), self.outputs))
        return [len(x), _address(x), _address(t)], [x, t]

    def _derive(self, name, batch, given, options, *shapes):
        """A call of the form name(network, batch, given arrays, options, results of these shapes)."""
        arguments, alive = batch
        given = [value if isinstance(value, int) else _address(value) for value in given]
        out = [np.empty(shape) for shape in shapes]
        with self._options(options) as o:
            self._do(name, *arguments, *given, o, *map(_address, out))
        del alive
        return out[0] if len(out) == 1 else tuple(out)

    def _derived_operator(self, name, batch, options):
        arguments, alive = batch
        with self._options(options) as o:
            pointer = _created(self, name, self.pointer, *arguments, o)
        del alive
        return Operator._wrap(pointer, self)

    def gradient(self, x, t, **options):
        """(loss, gradient) of a batch."""
        loss, gradient = self._derive("nndyn_gradient", self._batch(x, t), (), options, 1, self.size)
        return float(loss[0]), gradient

    def layer_sensitivity(self, x, t, layer, **options):
        """(output, sensitivity) of one layer, each n x width."""
        shape = (len(x), self.layer(layer).outputs)
        return self._derive("nndyn_layer_sensitivity", self._batch(x, t), (layer,), options, shape, shape)

    def gradient_norms(self, x, t, **options):
        return self._derive("nndyn_gradient_norms", self._batch(x, t), (), options, len(x))

    def input_jacobian(self, x, **options):
        shape = (len(x), self.outputs, self.inputs)
        return self._derive("nndyn_input_jacobian", self._batch(x), (), options, shape)

    def jvp(self, x, xdot=None, u=None, **options):
        """Tangent of the outputs when inputs move along xdot and parameters along u."""
        xdot = None if xdot is None else _array(xdot, "xdot", (len(x), self.inputs))
        u = None if u is None else _array(u, "u", (self.size,))
        return self._derive("nndyn_jvp", self._batch(x), (xdot, u), options, (len(x), self.outputs))

    def vjp(self, x, ybar, **options):
        """(xbar, ubar): gradient of sum ybar . y with respect to inputs and parameters."""
        ybar = _array(ybar, "ybar", (len(x), self.outputs))
        return self._derive("nndyn_vjp", self._batch(x), (ybar,), options, (len(x), self.inputs), self.size)

    def jet(self, x, u, order, **options):
        """Taylor coefficients 0..order of the outputs along parameters + t u: (order+1) x n x outputs."""
        u, shape = _array(u, "u", (self.size,)), (order + 1, len(x), self.outputs)
        return self._derive("nndyn_jet", self._batch(x), (u, order), options, shape)

    def jet_gradient(self, x, u, ybar, order, **options):
        """Taylor coefficients of the gradient of sum ybar . y along parameters + t u: (order+1) x size."""
        u, ybar = _array(u, "u", (self.size,)), _array(ybar, "ybar", (len(x), self.outputs))
        return self._derive("nndyn_jet_gradient", self._batch(x), (u, ybar, order), options, (order + 1, self.size))

    def jet_along(self, x, w, order, **options):
        """(outputs, kernels): Taylor coefficients of the outputs and of their tangent kernel along the gradient of
        sum w . y, which is never formed: (order+1) x n x outputs, (order+1) x (n outputs) x (n outputs)."""
        rows, w = len(x) * self.outputs, _array(w, "w", (len(x), self.outputs))
        return self._derive("nndyn_jet_along", self._batch(x), (w, order), options,
                            (order + 1, len(x), self.outputs), (order + 1, rows, rows))

    def _second_order(self, name, x, t, u, options):
        return self._derive(name, self._batch(x, t), (_array(u, "u", (self.size,)),), options, self.size)

    def hessian_vector(self, x, t, u, **options):
        return self._second_order("nndyn_hessian_vector", x, t, u, options)

    def gauss_newton_vector(self, x, t, u, **options):
        return self._second_order("nndyn_gauss_newton_vector", x, t, u, options)

    def hessian_operator(self, x, t, **options):
        return self._derived_operator("nndyn_hessian_operator", self._batch(x, t), options)

    def gauss_newton_operator(self, x, t, **options):
        return self._derived_operator("nndyn_gauss_newton_operator", self._batch(x, t), options)

    def parameter_jacobian_operator(self, x, **options):
        return self._derived_operator("nndyn_parameter_jacobian_operator", self._batch(x), options)

    # -- derivative correlations

    def correlations(self, x, rate, parts=31, **options):
        """Exact tensors of correlations on a small batch, parts a sum of CORRELATION_*: a Correlations."""
        (n, address), _kept = self._batch(x)
        with self._options(options) as o:
            return Correlations._wrap(_created(self, "nndyn_correlations_create", self.pointer, n, address, rate,
                                               parts, o), self)

    def correlation_direction(self, x, rate, e, order, **options):
        """(values, norms, contracted, flags): of C^{0,d}[e..], C^{1,d}_i[e..], sum e_i C^{1,d}_i[e..], d = 0..order."""
        (n, address), _kept = self._batch(x)
        e = _array(e, "e", (n, self.outputs))
        values, norms = (np.empty((max(order, 0) + 1, n, self.outputs)) for _ in range(2))
        contracted, flags = np.empty(max(order, 0) + 1), _int()
        with self._options(options) as o:
            self._do("nndyn_correlation_direction", n, address, rate, _address(e), order, o, _address(values),
                     _address(norms), _address(contracted), ctypes.byref(flags))
        return values, norms, contracted, flags.value

    def correlation_operator_norm(self, x, rate, weights, e=None, **options):
        """(norm, flags) over two parameter slots: C^{2,0} of sum weights_i f_i, or C^{2,1}[e] if e is given."""
        (n, address), _kept = self._batch(x)
        weights = _array(weights, "weights", (n, self.outputs))
        e = None if e is None else _array(e, "e", (n, self.outputs))
        norm, flags = _f64(), _int()
        with self._options(options) as o:
            self._do("nndyn_correlation_operator_norm", n, address, rate, _address(weights), int(e is not None),
                     None if e is None else _address(e), o, ctypes.byref(norm), ctypes.byref(flags))
        return norm.value, flags.value

    def correlation_observe(self, x, rate, e, degree, **options):
        """(values, residuals): C^{0,d}[e..] from outputs seen after one step at several rates."""
        (n, address), _kept = self._batch(x)
        e = _array(e, "e", (n, self.outputs))
        values, residuals = np.empty((max(degree, 0) + 1, n, self.outputs)), np.empty((n, self.outputs))
        with self._options(options) as o:
            self._do("nndyn_correlation_observe", n, address, rate, _address(e), degree, o, _address(values),
                     _address(residuals))
        return values, residuals

    def correlation_report(self, x, y, rate, observed=None, **options):
        """(values, flags): is the network lazy?  Values are to be indexed by LAZY_*."""
        (n, address, targets), _kept = self._batch(x, y)
        if observed is not None:
            observed = _array(observed, "observed", (options.get("steps", 30) + 1, n, self.outputs))
        values, flags = np.empty(LAZY_VALUES), _int()
        with self._options(options) as o:
            self._do("nndyn_correlation_report", n, address, targets, rate,
                     None if observed is None else _address(observed), o, len(values), _address(values),
                     ctypes.byref(flags))
        return values, flags.value

    # -- duality

    def duality_shape(self, n, **options):
        """(rows, columns) of the Jacobian of the duality map after the masks."""
        rows, columns = _i64(), _i64()
        with self._options(options) as o:
            self._do("nndyn_duality_shape", n, o, ctypes.byref(rows), ctypes.byref(columns))
        return rows.value, columns.value

    def duality_forecast(self, n, what, **options):
        """Working memory and flops of a call: "apply", "jvp", "gram", ..."""
        size, flops = _i64(), _f64()
        what = _named(what, "call", "DUALITY_", _DUALITY)
        with self._options(options) as o:
            self._do("nndyn_duality_forecast", n, what, o, ctypes.byref(size), ctypes.byref(flops))
        return Forecast(size.value, flops.value)

    def _mask(self, n, options):
        """Shape after the masks; the other options are left to the call itself."""
        return self.duality_shape(n, **{k: v for k, v in options.items() if k != "method"})

    def duality_apply(self, x, t, **options):
        rows, _ = self._mask(len(x), options)
        return self._derive("nndyn_duality_apply", self._batch(x, t), (), options, rows)

    def duality_jvp(self, x, t, xdot=None, tdot=None, **options):
        rows, _ = self._mask(len(x), options)
        xdot = None if xdot is None else _array(xdot, "xdot", (len(x), self.inputs))
        tdot = None if tdot is None else _array(tdot, "tdot", (len(x), self.outputs))
        return self._derive("nndyn_duality_jvp", self._batch(x, t), (xdot, tdot), options, rows)

    def duality_vjp(self, x, t, u, **options):
        """(xbar, tbar), of the shapes of x and t."""
        rows, _ = self._mask(len(x), options)
        shapes = (len(x), self.inputs), (len(x), self.outputs)
        return self._derive("nndyn_duality_vjp", self._batch(x, t), (_array(u, "u", (rows,)),), options, *shapes)

    def duality_jacobian(self, x, t, **options):
        shape = self._mask(len(x), options)
        return self._derive("nndyn_duality_jacobian", self._batch(x, t), (), options, shape)

    def duality_gram(self, x, t, **options):
        _, columns = self._mask(len(x), options)
        return self._derive("nndyn_duality_gram", self._batch(x, t), (), options, (columns, columns))

    def duality_singular_values(self, x, t, **options):
        _, columns = self._mask(len(x), options)
        return self._derive("nndyn_duality_singular_values", self._batch(x, t), (), options, columns)

    def duality_operator(self, x, t, **options):
        return self._derived_operator("nndyn_duality_operator", self._batch(x, t), options)

    def duality_modes(self, x, t, count, **options):
        """(gains, modes of learning, modes of the data, residuals) of the Jacobian that stands for the data."""
        own = ("reference", "tolerance", "iterations", "seed")
        rows, columns = self._mask(1, {k: v for k, v in options.items() if k not in own})
        shapes = count, (count, rows), (count, columns), count
        return self._derive("nndyn_duality_modes", self._batch(x, t), (count,), options, *shapes)

    def duality_coupling(self, x, t, u, v, **options):
        """kappa: how far the Jacobians of single samples are from diagonal in the modes u, v."""
        rows, columns = self._mask(1, options)
        u = _array(u, "u", (None, rows))
        v = _array(v, "v", (len(u), columns))
        return float(self._derive("nndyn_duality_coupling", self._batch(x, t), (len(u), u, v), options, 1)[0])

    def duality_reduction(self, x, t, u, v, **options):
        """Kolmogorov-Smirnov distance of each mode from its one-dimensional map."""
        rows, columns = self._mask(1, options)
        u = _array(u, "u", (None, rows))
        v = _array(v, "v", (len(u), columns))
        return self._derive("nndyn_duality_reduction", self._batch(x, t), (len(u), u, v), options, len(u))

    def duality_reduced_map(self, x, t, u, v, s, **options):
        """zeta(s) of one mode (u, v) around one sample (x, t)."""
        rows, columns = self._mask(1, options)
        x, t = _array(x, "x", (self.inputs,)), _array(t, "t", (self.outputs,))
        u, v, s = _array(u, "u", (rows,)), _array(v, "v", (columns,)), _array(s, "s", (None,))
        batch = [_address(x), _address(t)], [x, t]
        return self._derive("nndyn_duality_reduced_map", batch, (u, v, len(s), s), options, len(s))

    # -- tangent kernel

    def _second_batch(self, x2):
        """Arguments n2, x2 with the array that must live during the call; None for one batch."""
        x2 = None if x2 is None else _array(x2, "x2", (None, self.inputs))
        return 0 if x2 is None else len(x2), x2

    def ntk(self, x, x2=None, kind="full", **options):
        """Tangent kernel of x and x2 (None: the same): "full", "diagonal" (n x outputs), "trace" or "pseudo"."""
        (arguments, alive), (n2, x2) = self._batch(x), self._second_batch(x2)
        kind = _named(kind, "kernel", "NTK_", _NTK)
        group = self.outputs if kind == NTK_FULL else 1
        rows, columns = len(x) * group, (n2 or len(x)) * group
        out = np.empty((len(x), self.outputs) if kind == NTK_DIAGONAL else (rows, columns))
        with self._options(options) as o:
            self._do("nndyn_ntk", *arguments, n2, _address(x2), kind, o, _address(out))
        del alive
        return out

    def ntk_forecast(self, n, n2=0, kind="full", **options):
        """Working memory, the matrix included, and flops of ntk."""
        size, flops, kind = _i64(), _f64(), _named(kind, "kernel", "NTK_", _NTK)
        with self._options(options) as o:
            self._do("nndyn_ntk_forecast", n, n2, kind, o, ctypes.byref(size), ctypes.byref(flops))
        return Forecast(size.value, flops.value)

    def ntk_write(self, path, x, x2=None, kind="full", **options):
        """The kernel to a file, in blocks of rows; a call that was stopped is gone on with."""
        (arguments, alive), (n2, x2) = self._batch(x), self._second_batch(x2)
        with self._options(options) as o:
            self._do("nndyn_ntk_write", *arguments, n2, _address(x2), _named(kind, "kernel", "NTK_", _NTK), o,
                     os.fsencode(path))
        del alive

    def ntk_vector(self, x, w, x2=None, **options):
        """Full kernel (x2 against x) times w (n x outputs), without the kernel."""
        (arguments, alive), (n2, x2) = self._batch(x), self._second_batch(x2)
        w, out = _array(w, "w", (len(x), self.outputs)), np.empty((n2 or len(x), self.outputs))
        with self._options(options) as o:
            self._do("nndyn_ntk_vector", *arguments, n2, _address(x2), _address(w), o, _address(out))
        del alive
        return out

    def ntk_operator(self, x, **options):
        return self._derived_operator("nndyn_ntk_operator", self._batch(x), options)

    def ntk_infinite(self, x, x2=None, **options):
        """(covariance, tangent kernel) of the network's limit of infinite width."""
        (arguments, alive), (n2, x2) = self._batch(x), self._second_batch(x2)
        shape = (len(x), n2 or len(x))
        covariance, tangent = np.empty(shape), np.empty(shape)
        with self._options(options) as o:
            self._do("nndyn_ntk_infinite_network", *arguments, n2, _address(x2), o, _address(covariance),
                     _address(tangent))
        del alive
        return covariance, tangent

    # -- learning equilibrium

    def equilibrium_find(self, x, t, **options):
        """Takes the parameters to the equilibrium of the batch; (norm of the gradient, iterations)."""
        (arguments, alive), norm, count = self._batch(x, t), _f64(), _i64()
        with self._options(options) as o:
            self._do("nndyn_equilibrium_find", *arguments, o, ctypes.byref(norm), ctypes.byref(count))
        del alive
        return norm.value, count.value

    def equilibrium_modes(self, x, t, count, rate, **options):
        """(curvatures, modes, covariance of the gradients in them, relaxation times, mean coupling)."""
        (arguments, alive), coupling = self._batch(x, t), _f64()
        out = [np.empty(shape) for shape in (count, (count, self.size), (count, count), count)]
        with self._options(options) as o:
            self._do("nndyn_equilibrium_modes", *arguments, count, rate, o, *map(_address, out), ctypes.byref(coupling))
        del alive
        return (*out, coupling.value)

    def equilibrium_noise_modes(self, x, t, count, **options):
        """(eigenvalues, modes) of the covariance of the gradients of single samples."""
        shapes = count, (count, self.size)
        return self._derive("nndyn_equilibrium_noise_modes", self._batch(x, t), (count,), options, *shapes)

    def equilibrium_covariance(self, x, t, vectors, rate, batch, **options):
        """Stationary covariance of SGD predicted along the rows of vectors."""
        arguments, alive = self._batch(x, t)
        vectors = _array(vectors, "vectors", (None, self.size))
        sigma = np.empty((len(vectors), len(vectors)))
        with self._options(options) as o:
            self._do("nndyn_equilibrium_covariance", *arguments, len(vectors), _address(vectors), rate, batch, o,
                     _address(sigma))
        del alive
        return sigma


# ---- learning equilibrium --------------------------------------------------------------------------------------------

class Equilibrium(_Handle):
    """What a test of a record found: verdict, and figures by name, result["fdr"]."""
    _free = "nndyn_equilibrium_free"

    @classmethod
    def test(cls, context, q, g, rate, **options):
        """Tests a record of training: q and g are steps x parameters."""
        q = _array(q, "q", (None, None))
        g = _array(g, "g", q.shape)
        with context._options(options) as o:
            pointer = _created(context, "nndyn_equilibrium_test", context.pointer, len(q), q.shape[1], _address(q),
                               _address(g), rate, o)
        return cls._wrap(pointer, context)

    @property
    def verdict(self):
        value = _int()
        self._do("nndyn_equilibrium_verdict", ctypes.byref(value))
        return _lib.nndyn_equilibrium_verdict_name(value.value).decode()

    def __getitem__(self, name):
        value = _f64()
        self._do("nndyn_equilibrium_get", name.encode(), ctypes.byref(value))
        return value.value


def equilibrium_stationary(context, hessian, noise, rate, batch=1):
    """Stationary covariance of SGD for a given Hessian and covariance of the gradients."""
    hessian = _array(hessian, "hessian", (None, None))
    noise = _array(noise, "noise", hessian.shape)
    sigma = np.empty(hessian.shape)
    context._do("nndyn_equilibrium_stationary", len(hessian), _address(hessian), _address(noise), rate, batch,
                _address(sigma))
    return sigma


def equilibrium_measure(context, record, **options):
    """(covariance, its standard errors, correlation times) of a record, steps x components."""
    record = _array(record, "record", (None, None))
    count = record.shape[1]
    out = [np.empty(shape) for shape in ((count, count), (count, count), count)]
    with context._options(options) as o:
        context._do("nndyn_equilibrium_measure", len(record), count, _address(record), o, *map(_address, out))
    return tuple(out)


# ---- training --------------------------------------------------------------------------------------------------------

def local_exponent(activation, loss, t, y, slope=None, context=None, **options):
    """Exact local exponents of fluctuations at pre-activations y; without d ln p/dy: those of activation and loss."""
    context = context or default_context()
    y = _array(y, "y", (None,))
    slope = None if slope is None else _array(slope, "slope", y.shape)
    k = np.empty(len(y))
    kinds = _kind(activation, "activation", activation_name), _kind(loss, "loss", loss_name)
    with context._options(options) as o:
        _call(context, "nndyn_local_exponent", context.pointer, *kinds, t, len(y), _address(y),
              None if slope is None else _address(slope), o, _address(k))
    return k


CriticalPrediction = collections.namedtuple("CriticalPrediction", "k mass decades mean square")
Fluctuation = collections.namedtuple("Fluctuation", "k se effective curvature decades")


def critical_prediction(activation, loss, t, xmin, xmax, y=None, context=None, **options):
    """What the exponent on a window should be, from a law of y (options) or a sample of it."""
    context = context or default_context()
    y = None if y is None else _array(y, "y", (None,))
    out = [_f64() for _ in range(5)]
    kinds = _kind(activation, "activation", activation_name), _kind(loss, "loss", loss_name)
    with context._options(options) as o:
        _call(context, "nndyn_critical_prediction", context.pointer, *kinds, t, xmin, xmax, 0 if y is None else len(y),
              None if y is None else _address(y), o, *map(ctypes.byref, out))
    return CriticalPrediction(*(value.value for value in out))


class Fluctuations(_Handle):
    """Series of fluctuations of chosen parameters of a network, each on a window of |gradient|."""
    _free = "nndyn_fluctuations_free"

    def __init__(self, network):
        self._adopt(_created(network, "nndyn_fluctuations_create", network.pointer), network)
        self._network = network

    def add(self, indices, xmin, xmax, **options):
        """One more series, of these parameters together; returns its number."""
        indices, number = np.ascontiguousarray(indices, np.int64).reshape(-1), _i64()
        with self._options(options) as o:
            self._do("nndyn_fluctuations_add", len(indices), _address(indices), xmin, xmax, o, ctypes.byref(number))
        return number.value

    def measure(self, x, t):
        """Take in the gradients of single samples at the network's present parameters."""
        arguments, alive = self._network._batch(x, t)
        self._do("nndyn_fluctuations_measure", *arguments)
        del alive
        return self

    def clear(self):
        """Forget all samples."""
        self._do("nndyn_fluctuations_clear")

    def _of(self, what, series, *types):
        out = [kind() for kind in types]
        self._do("nndyn_fluctuations_" + what, series, *map(ctypes.byref, out))
        return [value.value for value in out]

    def shape(self, series=0):
        """(xmin, xmax, bins, parts)"""
        return tuple(self._of("shape", series, _f64, _f64, _i64, _i64))

    def counts(self, series=0):
        """(inside, zeros, below, above, nonfinite)"""
        return PowerlawCounts(*self._of("counts", series, *[_i64] * 5))

    def exponent(self, series=0):
        """(k, standard error, independent samples, curvature, decades)"""
        return Fluctuation(*self._of("exponent", series, *[_f64] * 5))

    def parts(self, series=0):
        """(exponents, standard errors) on the sub-windows."""
        parts = self.shape(series)[3]
        k, se = np.empty(parts), np.empty(parts)
        self._do("nndyn_fluctuations_parts", series, parts, _address(k), _address(se))
        return k, se

    def histogram(self, series=0):
        """(edges, counts, densities)"""
        bins = self.shape(series)[2]
        edges, counts, densities = np.empty(bins + 1), np.empty(bins, np.int64), np.empty(bins)
        self._do("nndyn_fluctuations_histogram", series, bins, *map(_address, (edges, counts, densities)))
        return edges, counts, densities

    def verdict(self, predicted, equilibrium, series=0, **options):
        """0 for critical, or the sum of the CRITICAL_* that stand against it."""
        out = _int()
        with self._options(options) as o:
            self._do("nndyn_fluctuations_verdict", series, int(equilibrium), predicted, o, ctypes.byref(out))
        return out.value


class Trainer(_Handle):
    """Optimizer, its state and the count of steps for one network: trainer["rate"] reads and sets a setting."""
    _free = "nndyn_trainer_free"

    def __init__(self, network, optimizer="adam", **options):
        kind = _named(optimizer, "optimizer", "", _OPTIMIZERS)
        if options:
            with network._options(options) as o:
                pointer = _created(network, "nndyn_trainer_create_with", network.pointer, kind, o)
        else:
            pointer = _created(network, "nndyn_trainer_create", network.pointer, kind)
        self._train(pointer, network)

    def _train(self, pointer, network):
        self._adopt(pointer, network)
        self.network = network
        self._inputs, self._outputs, _, self._size, kind = network._shape()
        self._dtype = np.float32 if kind == F32 else np.float64
        self._name = "nndyn_train_step_f32" if kind == F32 else "nndyn_train_step"
        return self

    @classmethod
    def load(cls, path, context=None):
        """The trainer of a file, with its network as .network."""
        context = context or default_context()
        network, trainer = _ptr(), _ptr()
        _call(context, "nndyn_trainer_load", context.pointer, os.fsencode(path), ctypes.byref(network),
              ctypes.byref(trainer))
        return cls.__new__(cls)._train(trainer.value, Network._wrap(network.value, context))

    def save(self, path):
        self._do("nndyn_trainer_save", os.fsencode(path))

    def step(self, x, t):
        """One step on a batch; returns the mean loss before it."""
        x = _array(x, "x", (None, self._inputs), self._dtype)
        t = _array(t, "t", (len(x), self._outputs), self._dtype)
        loss = _f64()
        self._do(self._name, len(x), _address(x), _address(t), ctypes.byref(loss))
        return loss.value

    def linearized_compare(self, batches, steps, test=None, **options):
        """Train beside the linear model; a row of LINEARIZATION_* after each of these numbers of steps from here."""
        steps = _array(steps, "steps", (None,), np.int64)
        rows = np.empty((len(steps), LINEARIZATION_COLUMNS))
        with self._options(options) as o:
            self._do("nndyn_linearized_compare", batches.pointer, None if test is None else test.pointer, len(steps),
                     _address(steps), o, _address(rows))
        return rows

    def run(self, batches, steps):
        """Many steps on batches of a data set; returns the mean of their losses."""
        loss = _f64()
        self._do("nndyn_train_run", batches.pointer, steps, ctypes.byref(loss))
        return loss.value

    def equilibrium_test(self, batches, steps, **options):
        """Trains, and tests whether these steps are stationary."""
        with self._options(options) as o:
            pointer = _created(self, "nndyn_equilibrium_test_run", self.pointer, batches.pointer, steps, o)
        return Equilibrium._wrap(pointer, self)

    def equilibrium_record(self, batches, steps, vectors):
        """Trains, and returns the parameters' components along the rows of vectors after each step."""
        vectors = _array(vectors, "vectors", (None, None))
        record = np.empty((steps, len(vectors)))
        self._do("nndyn_equilibrium_record", batches.pointer, steps, len(vectors), _address(vectors), _address(record))
        return record

    def step_operator(self, x, t):
        """The next step on a batch, linearized, on parameters and state."""
        x, t = _array(x, "x", (None, None)), _array(t, "t", (None, None))
        pointer = _created(self, "nndyn_step_operator", self.pointer, len(x), _address(x), _address(t))
        return Operator._wrap(pointer, self)

    def __getitem__(self, name):
        value = _f64()
        self._do("nndyn_trainer_get", name.encode(), ctypes.byref(value))
        return value.value

    def __setitem__(self, name, value):
        self._do("nndyn_trainer_set", name.encode(), value)

    def schedule(self, kind, **options):
        """Learning rate: "constant", "step", "exponential", "cosine", "inverse_sqrt" or "linear"."""
        kind = _named(kind, "schedule", "SCHEDULE_", _SCHEDULES)
        with self._options(options) as o:
            self._do("nndyn_trainer_set_schedule", kind, o)
        return self

    @property
    def steps(self):
        """Steps done."""
        return self._numbers("nndyn_trainer_progress", _i64, _f64)[0]

    @property
    def rate(self):
        """Learning rate of the next step."""
        return self._numbers("nndyn_trainer_progress", _i64, _f64)[1]

    @property
    def gradient(self):
        """The gradient of the last step."""
        gradient = np.empty(self._size)
        self._do("nndyn_trainer_get_gradient", self._size, _address(gradient))
        return gradient

    @property
    def state(self):
        """(the optimizer's vectors, steps done); assign to set them."""
        size, = self._numbers("nndyn_trainer_state_size", _i64)
        values, steps = np.empty(size), _i64()
        self._do("nndyn_trainer_get_state", size, _address(values) if size else None, ctypes.byref(steps))
        return values, steps.value

    @state.setter
    def state(self, pair):
        values, steps = pair
        size, = self._numbers("nndyn_trainer_state_size", _i64)
        values = _array(values, "state", (size,))
        self._do("nndyn_trainer_set_state", size, _address(values) if size else None, steps)


class Recorder(_Handle):
    """What is measured while a trainer trains: probes, each with a cadence and a table of its own.

    Methods that add a probe take "every", "first", "per_decade", "initial", "name", "file" and "append" as keyword
    arguments, or `steps`, a list of them, and return the probe's number.  Tables are read by name or number.
    """
    _free = "nndyn_recorder_free"

    def __init__(self, trainer):
        self._adopt(_created(trainer, "nndyn_recorder_create", trainer.pointer), trainer)
        self._network = trainer.network
        # The trainer's: a recorder that is freed during a call in another thread is fed until its end.
        self._needs = trainer._keep

    def _add(self, what, arguments, options):
        steps = options.pop("steps", None)
        if steps is not None:
            steps = np.ascontiguousarray(steps, np.int64)
        probe = _i64()
        with self._options(options) as o:
            self._do("nndyn_recorder_add_" + what, *arguments, o, ctypes.byref(probe))
        if steps is not None:
            self._do("nndyn_recorder_set_steps", probe.value, len(steps), _address(steps))
        return probe.value

    def training(self, **options):
        """Loss of the batch, learning rate, norm of the gradient."""
        return self._add("training", (), options)

    def _chosen(self, what, which, options):
        if isinstance(which, range) and which.step == 1 and len(which) > 0:
            return self._add(what, (len(which), None), {"offset": which.start, **options})
        indices = np.ascontiguousarray(which, np.int64)
        return self._add(what, (len(indices), _address(indices)), options)

    def parameters(self, which, **options):
        """Parameters after the step; `which` is a range or a list of indices."""
        return self._chosen("parameters", which, options)

    def linearization(self, batches, test=None, **options):
        """The network beside its linear model on the batches it is going to take: columns LINEARIZATION_*."""
        self._needs.extend(handle._keep for handle in (batches, test) if handle is not None)
        return self._add("linearization", (batches.pointer, None if test is None else test.pointer), options)

    def fluctuations(self, fluctuations, **options):
        """Feed a set of Fluctuations with the gradient of each step; there is no table."""
        self._needs.append(fluctuations._keep)
        return self._add("fluctuations", (fluctuations.pointer,), options)

    def updates(self, which, **options):
        """What the step changed of them."""
        return self._chosen("updates", which, options)

    def gradients(self, which, **options):
        """Entries of the gradient that the step went by."""
        return self._chosen("gradients", which, options)

    def evaluation(self, dataset, **options):
        """Loss on a data set, and accuracy if it has labels."""
        self._needs.append(dataset._keep)
        return self._add("evaluation", (dataset.pointer,), options)

    def batch_norm(self, dataset, **options):
        """Accuracy, that with recalibrated statistics, and the lag of each batch norm layer, on labeled data."""
        self._needs.append(dataset._keep)
        return self._add("batch_norm", (dataset.pointer,), options)

    def order(self, dataset, **options):
        """Rank gradients, order-preserving fractions and accuracies of the linear substitution, on labeled data."""
        self._needs.append(dataset._keep)
        return self._add("order", (dataset.pointer,), options)

    def basin(self, dataset, **options):
        """Radii of the basins of labeled data, by noise on the inputs and (weight_draws=n) on the weights."""
        self._needs.append(dataset._keep)
        return self._add("basin", (dataset.pointer,), options)

    def load_curve(self, dataset, **options):
        """Loss, accuracy, separation at every site and statistics of the load curve, on data with labels."""
        self._needs.append(dataset._keep)
        return self._add("load_curve", (dataset.pointer,), options)

    def callback(self, columns, evaluate, **options):
        """evaluate(step, network) returns a number for each of `columns`, a list of names; none: what it returns is
        not looked at."""
        name, network = "nndyn_recorder_add_callback", self._network

        def run(user, step, pointer, count, row):
            values = evaluate(step, network)
            if count:
                _view(row, count)[:] = values
            return 0
        callback = _callback(name, 2, run)
        self._needs.append(callback)
        return self._add("callback", (",".join(columns).encode(), callback, None), options)

    def _probe(self, probe):
        if isinstance(probe, str):
            if probe not in self.probes:
                raise KeyError(f"no probe '{probe}'; there are {', '.join(self.probes)}")
            return self.probes.index(probe)
        return operator.index(probe)

    def _name(self, probe, column):
        text = ctypes.create_string_buffer(64)
        self._do("nndyn_recorder_name", probe, column, len(text), ctypes.addressof(text), None)
        return text.value.decode()

    @property
    def probes(self):
        """Names of the probes, in the order of their numbers."""
        count, = self._numbers("nndyn_recorder_probes", _i64)
        return [self._name(i, -1) for i in range(count)]

    def shape(self, probe):
        """(columns, rows recorded, rows that are in the probe's file alone)."""
        out = [_i64(), _i64(), _i64()]
        self._do("nndyn_recorder_shape", self._probe(probe), *map(ctypes.byref, out))
        return tuple(value.value for value in out)

    def columns(self, probe):
        """Names of the columns of a table, "step" the first."""
        probe = self._probe(probe)
        return [self._name(probe, c) for c in range(self.shape(probe)[0])]

    def rows(self, probe, first=None, count=None):
        """Rows of a table; by default all that are in memory."""
        probe = self._probe(probe)
        columns, rows, written = self.shape(probe)
        first = written if first is None else first
        count = rows - first if count is None else count
        values = np.empty((max(count, 0), columns))
        self._do("nndyn_recorder_rows", probe, first, count, _address(values))
        return values

    def __getitem__(self, probe):
        """The rows of a table as one array for each column, by name."""
        return dict(zip(self.columns(probe), self.rows(probe).T))

    def write_csv(self, probe, path):
        self._do("nndyn_recorder_write_csv", self._probe(probe), os.fsencode(path))

    def flush(self):
        """Write out rows of probes with a file."""
        self._do("nndyn_recorder_flush")


# ---- spring-block chain ----------------------------------------------------------------------------------------------

Ensemble = collections.namedtuple("Ensemble", "mean deviation kappa bow profiles")
Phase = collections.namedtuple("Phase", "kappa kappa_error bow bow_error profiles")


class SpringBlock(_Handle):
    """A spring-block chain of so many blocks; options are those of nndyn_springblock_create: chain["noise"] reads one.

    `x`, `v` and `steps` are where it is; `state` all three, to be set as well.
    """
    _free = "nndyn_springblock_free"

    def __init__(self, blocks=7, context=None, **options):
        context = context or default_context()
        with context._options(options) as o:
            self._adopt(_created(context, "nndyn_springblock_create", context.pointer, blocks, o), context)
        self.blocks = blocks

    def __getitem__(self, name):
        value = _f64()
        self._do("nndyn_springblock_get", name.encode(), ctypes.byref(value))
        return value.value

    @property
    def state(self):
        """(positions, velocities, steps made)"""
        x, v, step = np.empty(self.blocks), np.empty(self.blocks), _i64()
        self._do("nndyn_springblock_get_state", _address(x), _address(v), ctypes.byref(step))
        return x, v, step.value

    @state.setter
    def state(self, value):
        x, v, step = value
        x = _array(x, "x", (self.blocks,))
        v = None if v is None or self["order"] == 1 else _array(v, "v", (self.blocks,))
        self._do("nndyn_springblock_set_state", _address(x), _address(v), step)

    @property
    def x(self):
        return self.state[0]

    @property
    def v(self):
        return self.state[1]

    @property
    def steps(self):
        return self.state[2]

    def run(self, steps):
        self._do("nndyn_springblock_run", steps)
        return self

    def trajectory(self, steps, every=1):
        """Runs; (positions, velocities) before the first step and after each `every`, a row each."""
        rows = 1 + max(steps, 0) // max(every, 1)
        x, v = np.empty((rows, self.blocks)), np.empty((rows, self.blocks))
        self._do("nndyn_springblock_trajectory", steps, every, rows, _address(x), _address(v))
        return x, v

    @property
    def separation(self):
        """The load curve y - x_l, l = 0..L."""
        out = np.empty(self.blocks + 1)
        self._do("nndyn_springblock_separation", _address(out))
        return out

    def ensemble(self, runs, steps, **options):
        """(mean, deviation, (kappa, error), (bow, error), profiles, a row a run); the chain stays where it is."""
        mean, deviation, kappa, bow = (np.empty(size) for size in (self.blocks, self.blocks, 2, 2))
        profiles = np.empty((max(runs, 0), self.blocks))
        with self._options(options) as o:
            self._do("nndyn_springblock_ensemble", runs, steps, o,
                     *map(_address, (mean, deviation, kappa, bow, profiles)))
        return Ensemble(mean, deviation, tuple(kappa), tuple(bow), profiles)

    def phase(self, friction, noise, runs, steps, **options):
        """kappa, bow, their errors and the profiles over a grid; runs 0: the mean field."""
        friction, noise = _array(friction, "friction", (None,)), _array(noise, "noise", (None,))
        shape = len(friction), len(noise)
        out = [np.empty(shape) for _ in range(4)] + [np.empty((*shape, self.blocks))]
        with self._options(options) as o:
            self._do("nndyn_springblock_phase", len(friction), _address(friction), len(noise), _address(noise), runs,
                     steps, o, *map(_address, out))
        return Phase(*out)

    def stuck(self):
        """(positions at rest without noise, how many blocks ever move)"""
        x, moved = np.empty(self.blocks), _i64()
        self._do("nndyn_springblock_stuck", _address(x), ctypes.byref(moved))
        return x, moved.value

    def _filled(self, name, *shape):
        out = np.empty(shape)
        self._do("nndyn_springblock_" + name, _address(out))
        return out

    def cascade(self):
        """How far, or how hard, one must pull for the n-th block from the end to move, n = 1..L."""
        return self._filled("cascade", self.blocks)

    def equilibrium(self):
        """Mean positions of the stationary state under noise."""
        return self._filled("equilibrium", self.blocks)

    def covariance(self):
        """Stationary covariance of the positions."""
        return self._filled("covariance", self.blocks, self.blocks)

    def drift(self, force):
        """(mean velocity, its mean square, mobility) of a block under constant forces."""
        force = _array(force, "force", (None,))
        out = [np.empty(len(force)) for _ in range(3)]
        self._do("nndyn_springblock_drift", len(force), _address(force), *map(_address, out))
        return tuple(out)

    def mean_field(self, steps):
        """Where the mean field takes the chain; it stays where it is."""
        x = np.empty(self.blocks)
        self._do("nndyn_springblock_mean_field", steps, _address(x))
        return x

    @property
    def relaxation_time(self):
        """Of the slowest mode about the stationary state, in steps."""
        return self._numbers("nndyn_springblock_relaxation_time", _f64)[0]
# ---- sweeps ----------------------------------------------------------------------------------------------------------

SweepShape = collections.namedtuple("SweepShape", "axes points seeds cells columns")
SweepForecast = collections.namedtuple("SweepForecast", "cells bytes flops total")


class _CellContext(Context):
    """The context of a running cell, which the library makes and frees."""

    def __init__(self, pointer):
        self.pointer, self._keep, self._slots = pointer, [], {}

    def free(self):
        """It is not ours to free."""


class Map(_Handle):
    """A map of a state to the next, asked for many states at once: m.apply(states, steps).  m["rate"] reads a
    parameter, m["rate"] = 0.2 sets it; m.parameters lists them.

    Map(dimension, function) is one of your own: function(states, **parameters) takes an array (count, dimension) and
    returns the successors; parameters are keyword arguments with defaults.
    """
    _free = "nndyn_map_free"

    def __init__(self, dimension, function, parameters=None, context=None):
        self._of_function("nndyn_map_create", dimension, function, parameters, context, {})

    def _of_function(self, name, dimension, function, parameters, context, options):
        context, parameters = context or default_context(), dict(parameters or {})
        defaults = np.array(list(parameters.values()), np.float64)

        def run(user, values, count, states, out):
            given = dict(zip(parameters, _view(values, len(parameters)).tolist())) if parameters else {}
            states = _view(states, count * dimension).reshape(count, dimension).copy()
            result = _array(function(states, **given), "the next states", (count, dimension))
            _view(out, count * dimension)[:] = result.ravel()
            return 0
        callback = _callback(name, 4, run)
        with context._options(options) as o:
            pointer = _created(context, name, context.pointer, dimension, ",".join(parameters).encode(),
                               _address(defaults) if parameters else None, callback, None, o)
        self._adopt(pointer, context)._keep.append(callback)

    @classmethod
    def flow(cls, dimension, function, parameters=None, context=None, **options):
        """One step of the flow x' = function(x): "method" ("rk4" or "euler"), "step" (0.01)."""
        self = cls.__new__(cls)
        self._of_function("nndyn_map_create_flow", dimension, function, parameters, context, options)
        return self

    @classmethod
    def training(cls, network, dataset, **options):
        """Full-batch gradient descent from any parameters: "rate", "decay", "momentum", "lanes"."""
        with network._options(options) as o:
            pointer = _created(network, "nndyn_map_create_training", network.pointer, dataset.pointer, o)
        return cls._wrap(pointer, network)

    @classmethod
    def network(cls, network, **options):
        """x -> x + step (f(x) - x), f the network: "step" (1)."""
        with network._options(options) as o:
            return cls._wrap(_created(network, "nndyn_map_create_network", network.pointer, o), network)

    @property
    def dimension(self):
        return self._numbers("nndyn_map_shape", _i64, _i64)[0]

    def _parameter_name(self, number):
        text = ctypes.create_string_buffer(64)
        self._do("nndyn_map_parameter_name", number, len(text), ctypes.addressof(text), None)
        return text.value.decode()

    @property
    def parameters(self):
        """Names and values of the parameters."""
        count = self._numbers("nndyn_map_shape", _i64, _i64)[1]
        names = [self._parameter_name(i) for i in range(count)]
        return {name: self[name] for name in names}

    def __getitem__(self, name):
        value = _f64()
        self._do("nndyn_map_get", name.encode(), ctypes.byref(value))
        return value.value

    def __setitem__(self, name, value):
        self._do("nndyn_map_set", name.encode(), value)

    def apply(self, states, steps=1):
        """The states `steps` steps on, an array (count, dimension)."""
        states = _array(states, "states", (None, self.dimension))
        out = np.empty(states.shape)
        self._do("nndyn_map_apply", len(states), _address(states), steps, _address(out))
        return out


BasinAttractor = collections.namedtuple("BasinAttractor", "points radius")
BasinFound = collections.namedtuple("BasinFound", "attractors arrived undecided diverged unconfirmed")
BasinFractions = collections.namedtuple("BasinFractions", "fractions low high")
BasinTimes = collections.namedtuple("BasinTimes", "count mean deviation median quantile_95 longest")
BasinEntropy = collections.namedtuple("BasinEntropy", "entropy boundary_entropy boundary boxes")
BasinUncertainty = collections.namedtuple("BasinUncertainty", "exponent error fractions")
BasinKickRadius = collections.namedtuple("BasinKickRadius", "radius low high share")
BasinEvent = collections.namedtuple("BasinEvent", "name index branch")
BasinReference = collections.namedtuple("BasinReference", "norm loss accuracy")
BasinForecast = collections.namedtuple("BasinForecast", "bytes flops")
BasinAdversarial = collections.namedtuple("BasinAdversarial", "upper lower points")
BasinRays = collections.namedtuple("BasinRays", "exit median median_exit least wrong sample_least sample_median")


class BasinReturns(_Handle):
    """Where training returns to after kicks of the weights.

        returns = nndyn.BasinReturns(trainer, data, [0.1, 0.5, 1], steps=1000, draws=20)
        returns.curve(RETURN_FUNCTION); returns.radius(RETURN_FUNCTION, 0.5); returns["distance", 1]
    """
    _free = "nndyn_basin_returns_free"

    def __init__(self, trainer, dataset, radii, probe=None, **options):
        radii = _array(radii, "radii", (None,))
        with trainer._options(options) as o:
            self._adopt(_created(trainer, "nndyn_basin_return", trainer.pointer, dataset.pointer,
                                 probe.pointer if probe else None, len(radii), _address(radii), o), trainer)

    @staticmethod
    def forecast(trainer, dataset, radii, probe=None, **options):
        """BasinForecast: bytes and flops of the same call, without running it; radii, or how many."""
        count = radii if isinstance(radii, int) else len(radii)
        size, flops = _i64(), _f64()
        with trainer._options(options) as o:
            trainer._do("nndyn_basin_return_forecast", dataset.pointer, probe.pointer if probe else None, count, o,
                        ctypes.byref(size), ctypes.byref(flops))
        return BasinForecast(size.value, flops.value)

    @property
    def reference(self):
        """BasinReference: |theta*|, and loss and accuracy on the data, before any kick."""
        return BasinReference(*self._numbers("nndyn_basin_returns_reference", _f64, _f64, _f64))

    @property
    def shape(self):
        """Radii, the control among them, and draws."""
        return tuple(self._numbers("nndyn_basin_returns_shape", _i64, _i64))

    def curve(self, criterion):
        """Arrays of radii, shares that returned, low, high, undecided."""
        n = self.shape[0]
        out, undecided, count = np.empty((4, n)), np.empty(n, np.int64), _i64()
        self._do("nndyn_basin_returns_curve", criterion, n, _address(out[0]), _address(out[1]), _address(out[2]),
                 _address(out[3]), _address(undecided), ctypes.byref(count))
        return (*out, undecided)

    def radius(self, criterion, q=0.5):
        """The radius up to which a share q returns: largest one within, next one beyond."""
        inside, outside = _f64(), _f64()
        self._do("nndyn_basin_returns_radius", criterion, q, ctypes.byref(inside), ctypes.byref(outside))
        return inside.value, outside.value

    def __getitem__(self, key):
        """returns[name, radius]: a quantity of each trial of a radius, 0 for the control."""
        name, radius = key
        out, count = np.empty(self.shape[1]), _i64()
        self._do("nndyn_basin_returns_get", name.encode(), radius, len(out), _address(out), ctypes.byref(count))
        return out


class BasinMap(_Handle):
    """Attractors of a map and their basins.

        basins = nndyn.BasinMap(map, steps=10000)
        basins.find(basins.box([-2, -2], [2, 2], 100))
        labels = basins.grid([-2, -2], [2, 2], [500, 500])

    Labels: 0, 1, ... an attractor, or BASIN_MAP_UNDECIDED, BASIN_MAP_DIVERGED, BASIN_MAP_OTHER.
    """
    _free = "nndyn_basin_map_free"

    def __init__(self, map, **options):
        with map._options(options) as o:
            self._adopt(_created(map, "nndyn_basin_map_create", map.pointer, o), map)

    @property
    def dimension(self):
        return self._numbers("nndyn_basin_map_shape", _i64, _i64)[0]

    def __len__(self):
        return self._numbers("nndyn_basin_map_shape", _i64, _i64)[1]

    def _starts(self, kind, first, second, n, seed):
        d = self.dimension
        first, second, out = _array(first, "first", (d,)), _array(second, "second", (d,)), np.empty((n, d))
        self._do("nndyn_basin_map_starts", kind, _address(first), _address(second), seed, n, _address(out))
        return out

    def box(self, low, high, n, seed=0):
        """n starts, uniform between two corners."""
        return self._starts(STARTS_BOX, low, high, n, seed)

    def normal(self, center, deviation, n, seed=0):
        """n normal starts."""
        return self._starts(STARTS_NORMAL, center, deviation, n, seed)

    def find(self, starts):
        """Find attractors; how many are on the list, and what became of the starts."""
        starts = _array(starts, "starts", (None, self.dimension))
        found, counts = _i64(), np.empty(4, np.int64)
        self._do("nndyn_basin_map_find", len(starts), _address(starts), ctypes.byref(found), _address(counts))
        return BasinFound(found.value, *counts.tolist())

    def add(self, point):
        """Put a known attractor on the list; its number."""
        point, number = _array(point, "point", (self.dimension,)), _i64()
        self._do("nndyn_basin_map_add", _address(point), ctypes.byref(number))
        return number.value

    def attractor(self, number):
        """Points of an attractor and the radius within which a state has arrived."""
        period, radius = _i64(), _f64()
        self._do("nndyn_basin_map_attractor", number, 0, None, ctypes.byref(period), ctypes.byref(radius))
        points = np.empty((period.value, self.dimension))
        self._do("nndyn_basin_map_attractor", number, len(points), _address(points), None, None)
        return BasinAttractor(points, radius.value)

    def label(self, starts):
        """(labels, steps) of starts."""
        starts = _array(starts, "starts", (None, self.dimension))
        labels, steps = np.empty(len(starts), np.int64), np.empty(len(starts), np.int64)
        self._do("nndyn_basin_map_label", len(starts), _address(starts), _address(labels), _address(steps))
        return labels, steps

    def grid(self, low, high, counts, coordinates=None, origin=None):
        """Labels of a grid along some coordinates (the first ones), the others as in origin (0)."""
        counts = _array(counts, "counts", (None,), np.int64)
        coordinates = range(len(counts)) if coordinates is None else coordinates
        coordinates = _array(list(coordinates), "coordinates", (len(counts),), np.int64)
        low, high = _array(low, "low", (len(counts),)), _array(high, "high", (len(counts),))
        origin = None if origin is None else _array(origin, "origin", (self.dimension,))
        labels = np.empty(counts, np.int64)
        self._do("nndyn_basin_map_grid", len(counts), _address(coordinates), _address(low), _address(high),
                 _address(counts), None if origin is None else _address(origin), _address(labels), None)
        return labels

    def rays(self, attractor, directions, **options):
        """How far the basin reaches from the attractor along each direction: "step", "cap", "tolerance"."""
        directions = _array(directions, "directions", (None, self.dimension))
        radii = np.empty(len(directions))
        with self._options(options) as o:
            self._do("nndyn_basin_map_ray", attractor, len(radii), _address(directions), o, _address(radii))
        return radii

    def fractions(self, labels, **options):
        """Fractions of the attractors, then of undecided, diverged and other, with intervals."""
        labels = _array(np.ravel(labels), "labels", (None,), np.int64)
        out = np.empty((3, len(self) + 3))
        with self._options(options) as o:
            self._do("nndyn_basin_map_fractions", len(labels), _address(labels), o, out.shape[1],
                     *(_address(row) for row in out))
        return BasinFractions(*out)

    def times(self, labels, steps, attractor):
        """Steps to arrive at an attractor."""
        labels = _array(labels, "labels", (None,), np.int64)
        steps, count, values = _array(steps, "steps", (len(labels),), np.int64), _i64(), np.empty(5)
        self._do("nndyn_basin_map_times", len(labels), _address(labels), _address(steps), attractor,
                 ctypes.byref(count), _address(values))
        return BasinTimes(count.value, *values.tolist())

    def returns(self, attractor, sizes, **options):
        """Share of kicks of each size that return, low, high: "noise", "draws", "seed", "level", "interval"."""
        sizes = _array(sizes, "sizes", (None,))
        out = np.empty((3, len(sizes)))
        with self._options(options) as o:
            self._do("nndyn_basin_map_returns", attractor, len(sizes), _address(sizes), o, *(_address(r) for r in out))
        return BasinFractions(*out)

    def radius(self, attractor, **options):
        """Size of kicks at which the share that returns falls below "theta" (0.5), its interval, the last share."""
        values = np.empty(4)
        with self._options(options) as o:
            self._do("nndyn_basin_map_radius", attractor, o, _address(values))
        return BasinKickRadius(*values.tolist())

    def shock(self, attractor, **options):
        """(length, shock): the smallest kick found that leaves: "directions", "refine", "cap", "step", "tolerance"."""
        length, shock = _f64(), np.empty(self.dimension)
        with self._options(options) as o:
            self._do("nndyn_basin_map_shock", attractor, o, ctypes.byref(length), _address(shock))
        return length.value, shock

    def certified(self, attractor, jacobian, lipschitz):
        """Radius of a ball within the basin for certain, from the map's Jacobian there and its Lipschitz constant."""
        jacobian, radius = _array(jacobian, "jacobian", (self.dimension, self.dimension)), _f64()
        self._do("nndyn_basin_map_certified", attractor, _address(jacobian), lipschitz, ctypes.byref(radius))
        return radius.value

    def disagreement(self, starts, other=None, **options):
        """(share, low, high) of starts that another basin map labels differently; None: one with half the step."""
        starts, values = _array(starts, "starts", (None, self.dimension)), np.empty(3)
        with self._options(options) as o:
            self._do("nndyn_basin_map_disagreement", other.pointer if other else None, len(starts), _address(starts), o,
                     _address(values))
        return tuple(values.tolist())

    def follow(self, parameter, values, starts, **options):
        """Attractors and fractions over values of a parameter: BasinBranches; "threshold", "memory", "level"."""
        return BasinBranches(self, parameter, values, starts, **options)


class BasinBranches(_Handle):
    """Attractors followed over a parameter; made by BasinMap.follow.

        branches = basins.follow("gain", np.linspace(0.5, 2, 31), basins.box([-2], [2], 500))
        branches.fractions(0); branches.events; branches[10]
    """
    _free = "nndyn_basin_branches_free"

    def __init__(self, basins, parameter, values, starts, **options):
        self.values = _array(values, "values", (None,)).copy()
        starts = _array(starts, "starts", (None, basins.dimension))
        with basins._options(options) as o:
            self._adopt(_created(basins, "nndyn_basin_map_continue", basins.pointer, parameter.encode(),
                                 len(self.values), _address(self.values), len(starts), _address(starts), o), basins)

    def __len__(self):
        """How many branches there are."""
        return self._numbers("nndyn_basin_branches_shape", _i64, _i64, _i64)[1]

    def __getitem__(self, index):
        """{branch: points of its attractor} at a value, by the value's index."""
        dimension = self._numbers("nndyn_basin_branches_shape", _i64, _i64, _i64)[2]
        out = {}
        for branch, period in zip(*self.at(index)[:2]):
            out[int(branch)] = points = np.empty((period, dimension))
            self._do("nndyn_basin_branches_points", index, int(branch), period, _address(points), None)
        return out

    def at(self, index):
        """Arrays of branches that have an attractor at a value, their periods, how far they have moved."""
        if not 0 <= index < len(self.values):
            raise IndexError(f"index is {index}, must be from 0 to {len(self.values) - 1}")
        n = _i64()
        self._do("nndyn_basin_branches_at", index, 0, None, None, None, ctypes.byref(n))
        ids, periods, moved = np.empty(n.value, np.int64), np.empty(n.value, np.int64), np.empty(n.value)
        self._do("nndyn_basin_branches_at", index, n.value, _address(ids), _address(periods), _address(moved),
                 ctypes.byref(n))
        return ids, periods, moved

    def fractions(self, branch):
        """Fraction, low, high at every value; of a branch, or of BASIN_MAP_UNDECIDED, _DIVERGED, _OTHER."""
        out = np.empty((3, len(self.values)))
        self._do("nndyn_basin_branches_fractions", branch, out.shape[1], *(_address(row) for row in out), None)
        return BasinFractions(*out)

    @property
    def events(self):
        """What happened: list of (name, index of the value, branch)."""
        n = _i64()
        self._do("nndyn_basin_branches_events", 0, None, None, None, ctypes.byref(n))
        kinds = np.empty(n.value, np.int32)
        indices, ids = np.empty((2, n.value), np.int64)
        self._do("nndyn_basin_branches_events", n.value, _address(kinds), _address(indices), _address(ids),
                 ctypes.byref(n))
        return [BasinEvent(_lib.nndyn_branch_event_name(int(k)).decode(), int(i), int(b))
                for k, i, b in zip(kinds, indices, ids)]


def _label_grid(labels):
    labels = np.ascontiguousarray(labels, np.int64)
    return labels, np.array(labels.shape, np.int64)


def basin_ray_statistics(radii, context=None):
    """Statistics of the radii of rays: a BasinRays."""
    context, radii, figures = context or default_context(), _array(radii, "radii", (None, None)), np.empty(RAYS)
    least, median = np.empty(len(radii)), np.empty(len(radii))
    _call(context, "nndyn_basin_ray_statistics", context.pointer, *radii.shape, _address(radii), _address(figures),
          _address(least), _address(median))
    return BasinRays(*figures.tolist(), least, median)


def basin_entropy(labels, context=None, **options):
    """Basin entropy of a grid of labels: "box" (5)."""
    context, (labels, counts), values = context or default_context(), _label_grid(labels), np.empty(4)
    with context._options(options) as o:
        _call(context, "nndyn_basin_entropy", context.pointer, len(counts), _address(counts), _address(labels), o,
              _address(values))
    return BasinEntropy(*values[:3].tolist(), int(values[3]))


def basin_uncertainty(labels, scales=4, context=None):
    """Uncertainty exponent of a grid of labels at distances 1, 2, 4, ..."""
    context, (labels, counts), fractions = context or default_context(), _label_grid(labels), np.empty(scales)
    exponent, error = _f64(), _f64()
    _call(context, "nndyn_basin_uncertainty", context.pointer, len(counts), _address(counts), _address(labels), scales,
          _address(fractions), ctypes.byref(exponent), ctypes.byref(error))
    return BasinUncertainty(exponent.value, error.value, fractions)


class _Experiment(_Handle):
    """What calls work of the caller's in pieces, on any thread, and goes on when a piece fails."""

    def _guard(self, work):
        """What it raises is the failure of its piece."""
        parent, raised = self.context, self._raised

        def run(*arguments):
            try:
                work(*arguments)
                return 0
            except BaseException as exception:  # nothing may unwind through the library
                raised.append(exception)
                if not isinstance(exception, Exception):
                    parent.cancel()
                return exception.status if isinstance(exception, Error) else 1
        return run

    def _run(self, name, allow_failures, options):
        failed = _i64()
        self._raised.clear()
        try:
            with self._options(options) as o:
                self._do(name, o, ctypes.byref(failed) if allow_failures else None)
        except Error as error:
            if self._raised:
                raise error from self._raised[0]
            raise
        return failed.value


class Sweep(_Experiment):
    """The same experiment at every point of a grid and for several seeds, in one table.

        sweep = nndyn.Sweep({"rate": [0.01, 0.001], "width": [10, 100]}, seeds=range(1, 11))
        sweep.cell(["loss"], lambda context, values, seed: [train(context, **values)])
        sweep.run(file="table.csv")

    axes: names and values, the last one varies fastest.  seeds: how many, or a range.
    """
    _free = "nndyn_sweep_free"

    def __init__(self, axes=None, seeds=None, context=None, **options):
        context = context or default_context()
        with context._options(options) as o:
            pointer = _created(context, "nndyn_sweep_create", context.pointer, o)
        self._adopt(pointer, context)
        self._axes, self._raised = [], []
        for name, values in (axes or {}).items():
            self.axis(name, values)
        if seeds is not None:
            self.seeds(seeds)

    def axis(self, name, values):
        """Add an axis; it varies faster than those before it."""
        values = _array(values, "the axis", (None,))
        self._do("nndyn_sweep_add_axis", name.encode(), len(values), _address(values))
        self._axes.append(name)
        return self

    def seeds(self, seeds):
        """A number of seeds (from 0), or a range of them."""
        seeds = range(seeds) if isinstance(seeds, numbers.Integral) else seeds
        if not isinstance(seeds, range) or seeds.step != 1:
            raise TypeError(f"seeds is {seeds!r}; a number or a range of step 1 is needed")
        self._do("nndyn_sweep_set_seeds", seeds.start, len(seeds))
        return self

    def cell(self, columns, evaluate):
        """evaluate(context, values, seed) returns a number for each of `columns`, or a dictionary of them.

        It gets a context of its own, which what it makes should be made in, and the axes' values as a dictionary, and
        runs on any of the sweep's threads.  What it raises is the failure of its cell.
        """
        name, columns, axes = "nndyn_sweep_set_cell", list(columns), self._axes

        def work(user, context, parameters, values, seed, count, row):
            given = dict(zip(axes, _view(values, parameters).tolist())) if parameters else {}
            result = evaluate(_CellContext(context), given, seed)
            _view(row, count)[:] = [result[c] for c in columns] if isinstance(result, dict) else result
        callback = _FUNCTIONS[name][1][2](self._guard(work))
        self._do(name, ",".join(columns).encode(), callback, None)
        self._keep.append(callback)
        return self

    def training(self, train, test=None, **options):
        """The built-in experiment: train a multi-layer perceptron on `train` and measure it; see nndyn/sweep.h."""
        with self._options(options) as o:
            self._do("nndyn_sweep_set_training", train.pointer, test.pointer if test is not None else None, o)
        return self

    def run(self, allow_failures=False, **options):
        """Run the cells that have not succeeded yet ("file", "part", "parts", "stop").  A cell that fails raises when
        the others are done, or with allow_failures=True the number of failed ones is returned."""
        return self._run("nndyn_sweep_run", allow_failures, options)

    def forecast(self):
        """SweepForecast: cells to be run, bytes, flops of the most costly cell and of all."""
        return SweepForecast(*self._numbers("nndyn_sweep_forecast", _i64, _i64, _f64, _f64))

    @property
    def shape(self):
        return SweepShape(*self._numbers("nndyn_sweep_shape", *[_i64] * 5))

    @property
    def names(self):
        """Names of the axes and then of the columns."""
        shape, text = self.shape, ctypes.create_string_buffer(64)
        out = []
        for number in range(shape.axes + shape.columns):
            self._do("nndyn_sweep_name", number, len(text), text, None)
            out.append(text.value.decode())
        return out

    def values(self, axis):
        """Values of an axis, by its number or name."""
        axis = self._axes.index(axis) if isinstance(axis, str) else axis
        count = _i64()
        self._do("nndyn_sweep_axis", axis, ctypes.byref(count), None)
        values = np.empty(count.value)
        self._do("nndyn_sweep_axis", axis, None, _address(values))
        return values

    def parameters(self, cell):
        """(values of the axes, seed) of a cell."""
        values, seed = np.empty(max(1, self.shape.axes)), _i64()
        self._do("nndyn_sweep_parameters", cell, _address(values), ctypes.byref(seed))
        return values[:self.shape.axes], seed.value

    def status(self, cell):
        """(done, status, sentence) of a cell."""
        done, status, text = _int(), _int(), ctypes.create_string_buffer(512)
        self._do("nndyn_sweep_status", cell, ctypes.byref(done), ctypes.byref(status), len(text), text)
        return bool(done.value), status.value, text.value.decode(errors="replace")

    def rows(self, first=0, count=None):
        """Rows of the table as an array, NaN where a cell has not been run or has failed."""
        shape = self.shape
        out = np.empty((shape.cells - first if count is None else count, shape.columns))
        self._do("nndyn_sweep_rows", first, len(out), _address(out))
        return out

    def __getitem__(self, column):
        """A column, an entry a cell, shaped as the axes and then the seeds."""
        shape = self.shape
        values = self.rows()[:, self.names[shape.axes:].index(column)]
        return values.reshape([len(self.values(a)) for a in range(shape.axes)] + [shape.seeds])

    def get_row(self, cell):
        """(row, status) of a cell that has been run."""
        row, status = np.empty(self.shape.columns), _int()
        self._do("nndyn_sweep_get_row", cell, len(row), _address(row), ctypes.byref(status))
        return row, status.value

    def set_row(self, cell, row, status=OK):
        """Put in a row that was run elsewhere."""
        row = _array(row, "row", (None,))
        self._do("nndyn_sweep_set_row", cell, len(row), _address(row), status)

    def merge(self, path):
        """Take the rows of a file of the same sweep; returns how many."""
        taken = _i64()
        self._do("nndyn_sweep_merge", os.fsencode(path), ctypes.byref(taken))
        return taken.value

    def write_csv(self, path):
        self._do("nndyn_sweep_write_csv", os.fsencode(path))

    def summary(self):
        """(means, standard errors, counts) over the seeds, each points x columns."""
        shape = self.shape
        sizes = shape.points, shape.columns
        out = np.empty(sizes), np.empty(sizes), np.empty(sizes, np.int64)
        self._do("nndyn_sweep_summary", *map(_address, out))
        return out

    def advice(self, axis, **options):
        """(place of the straightest trained run, direction, value to try) for each line of the grid along an axis."""
        axis = self._axes.index(axis) if isinstance(axis, str) else axis
        lines = self.shape.points // len(self.values(axis))
        out = np.empty(lines, np.int64), np.empty(lines, np.intc), np.empty(lines)
        with self._options(options) as o:
            self._do("nndyn_sweep_advice", axis, o, *map(_address, out))
        return out


class _RunNetwork(Network):
    """The network of a running measurement, which the library makes and frees."""

    def __init__(self, pointer, context):
        self.pointer, self._keep, self.context = pointer, [], context

    def free(self):
        """It is not ours to free."""


WidthScanShape = collections.namedtuple("WidthScanShape", "widths runs columns")
WidthScanForecast = collections.namedtuple("WidthScanForecast", "runs bytes")


class WidthScan(_Experiment):
    """One measurement on many networks of many widths; see nndyn/width_scan.h.

        scan = nndyn.WidthScan([64, 128, 256, 512], runs=50)
        scan.network(5, 1, layers=2, weight_scale=1.5, bias_scale=0.3)
        scan.measurement(["loss"], lambda network, width, seed: [loss_after_training(network)])
        scan.run(file="table.csv")
        scan["loss"]                                    # a list of arrays, one a width

    runs: how many networks of each width, or a number for each; None is the protocol of docs/width.md.
    """
    _free = "nndyn_width_scan_free"

    def __init__(self, widths, runs=None, context=None, **options):
        context = context or default_context()
        self.widths = np.array(widths, np.int64)
        if runs is not None:
            runs = np.ascontiguousarray(np.broadcast_to(np.asarray(runs, np.int64), self.widths.shape))
        with context._options(options) as o:
            pointer = _created(context, "nndyn_width_scan_create", context.pointer, len(self.widths),
                               _address(self.widths), None if runs is None else _address(runs), o)
        self._adopt(pointer, context)
        self._raised = []

    def network(self, inputs, outputs, **options):
        """Measure on perceptrons of the built-in kind."""
        with self._options(options) as o:
            self._do("nndyn_width_scan_set_network", inputs, outputs, o)
        return self

    def factory(self, make):
        """Measure on networks that make(context, width, seed) returns, made in the context it gets; it runs on any of
        the scan's threads."""
        name, keep = "nndyn_width_scan_set_factory", []

        def work(user, context, width, seed, out):
            network = make(_CellContext(context), width, seed)
            network._finalizer.detach()  # from here on it is the library's
            keep.append(network._keep)
            ctypes.cast(out, ctypes.POINTER(_ptr))[0] = network.pointer
        callback = _FUNCTIONS[name][1][1](self._guard(work))
        self._do(name, callback, None)
        self._keep += [callback, keep]
        return self

    def measurement(self, columns, measure):
        """measure(network, width, seed) returns a number for each of `columns`, or a dictionary of them; what it makes
        should be made in network.context.  It runs on any of the scan's threads."""
        name, columns = "nndyn_width_scan_set_measurement", list(columns)

        def work(user, context, network, width, seed, count, row):
            result = measure(_RunNetwork(network, _CellContext(context)), width, seed)
            _view(row, count)[:] = [result[c] for c in columns] if isinstance(result, dict) else result
        callback = _FUNCTIONS[name][1][2](self._guard(work))
        self._do(name, ",".join(columns).encode(), callback, None)
        self._keep.append(callback)
        return self

    def run(self, allow_failures=False, **options):
        """Make the runs that have not succeeded yet ("file", "part", "parts", "stop").  A run that fails raises when
        the others are done, or with allow_failures=True the number of failed ones is returned."""
        return self._run("nndyn_width_scan_run", allow_failures, options)

    def merge(self, path):
        """Take the rows of a file of the same scan; returns how many."""
        taken = _i64()
        self._do("nndyn_width_scan_merge", os.fsencode(path), ctypes.byref(taken))
        return taken.value

    def forecast(self):
        """WidthScanForecast: runs to be made, bytes."""
        return WidthScanForecast(*self._numbers("nndyn_width_scan_forecast", _i64, _i64))

    @property
    def shape(self):
        return WidthScanShape(*self._numbers("nndyn_width_scan_shape", *[_i64] * 3))

    @property
    def names(self):
        """Names of the columns."""
        text, out = ctypes.create_string_buffer(64), []
        for number in range(self.shape.columns):
            self._do("nndyn_width_scan_name", number, len(text), text, None)
            out.append(text.value.decode())
        return out

    def samples(self, column):
        """(counts, values) of a column, by its number or name, width after width, of the runs that succeeded."""
        column = self.names.index(column) if isinstance(column, str) else column
        counts, values = np.empty(len(self.widths), np.int64), np.empty(self.shape.runs)
        self._do("nndyn_width_scan_samples", column, _address(counts), _address(values))
        return counts, values[:counts.sum()].copy()

    def __getitem__(self, column):
        """The samples of a column, an array for each width."""
        counts, values = self.samples(column)
        return np.split(values, np.cumsum(counts)[:-1])

    def exponent(self, column, levels=None, **options):
        """WidthExponent of the absolute values of a column, by its number or name."""
        column = self.names.index(column) if isinstance(column, str) else column
        levels = None if levels is None else _array(levels, "levels", (None,))
        with self._options(options) as o:
            pointer = _created(self, "nndyn_width_scan_exponent", self.pointer, column,
                               0 if levels is None else len(levels), None if levels is None else _address(levels), o)
        return WidthExponent._wrap(pointer, self)

    def status(self, width, run):
        """(done, status, sentence) of a run: the numbers of the width and of the run at it."""
        done, status, text = _int(), _int(), ctypes.create_string_buffer(512)
        self._do("nndyn_width_scan_status", width, run, ctypes.byref(done), ctypes.byref(status), len(text), text)
        return bool(done.value), status.value, text.value.decode(errors="replace")

    def network_of(self, width, run):
        """(network, seed) of a run once more, as its measurement got it."""
        seed, out = _i64(), _ptr()
        self._do("nndyn_width_scan_network", width, run, ctypes.byref(seed), ctypes.byref(out))
        return Network._wrap(out.value, self), seed.value


FitValue = collections.namedtuple("FitValue", "value error flags")
FitQuality = collections.namedtuple("FitQuality", "chi_square freedom p r_squared")
FitInterval = collections.namedtuple("FitInterval", "low high open")
Straight = collections.namedtuple("Straight", "bow noise friction")


class SpringBlockFit(_Handle):
    """The chain that explains a load curve D_0..D_L best; options are those of nndyn_springblock_fit_create.

    `errors` are standard errors of the points, `covariance` theirs in the place of it.
    """
    _free = "nndyn_springblock_fit_free"

    def __init__(self, separation, errors=None, covariance=None, context=None, **options):
        context = context or default_context()
        separation = _array(separation, "separation", (None,))
        n = len(separation)
        errors = None if errors is None else _array(errors, "errors", (n,))
        if covariance is not None:
            if errors is not None:
                raise ValueError("errors and covariance are both given")
            errors = _array(covariance, "covariance", (n, n))
        name = "nndyn_springblock_fit_create" + ("" if covariance is None else "_covariance")
        with context._options(options) as o:
            self._adopt(_created(context, name, context.pointer, n, _address(separation),
                                 None if errors is None else _address(errors), o), context)
        self._count = n

    def __getitem__(self, name):
        """(value, standard error, flags) of "friction_right", "friction_left", "noise", "friction", "asymmetry"."""
        value, error, flags = _f64(), _f64(), _int()
        self._do("nndyn_springblock_fit_value", name.encode(), *map(ctypes.byref, (value, error, flags)))
        return FitValue(value.value, error.value, flags.value)

    def interval(self, name, level=0.95):
        """Confidence interval (low, high, open ends) by the profile of the likelihood."""
        low, high, ends = _f64(), _f64(), _int()
        self._do("nndyn_springblock_fit_interval", name.encode(), level, *map(ctypes.byref, (low, high, ends)))
        return FitInterval(low.value, high.value, ends.value)

    @property
    def covariance(self):
        """Of right and left friction and noise."""
        out = np.empty((3, 3))
        self._do("nndyn_springblock_fit_covariance", _address(out))
        return out

    @property
    def weakest(self):
        """(direction, standard error along it) of the combination the data determine least."""
        direction, error = np.empty(3), _f64()
        self._do("nndyn_springblock_fit_weakest", _address(direction), ctypes.byref(error))
        return direction, error.value

    @property
    def quality(self):
        """(chi-square, degrees of freedom, p, R^2)"""
        return FitQuality(*self._numbers("nndyn_springblock_fit_quality", _f64, _i64, _f64, _f64))

    @property
    def flags(self):
        return self._numbers("nndyn_springblock_fit_flags", _int)[0]

    @property
    def curve(self):
        """(fitted curve in the data's unit, normalized)"""
        out = np.empty(self._count), np.empty(self._count)
        self._do("nndyn_springblock_fit_curve", self._count, *map(_address, out))
        return out

    def region(self, right, left, noise):
        """(excess of these parameters, its p)"""
        out = _f64(), _f64()
        self._do("nndyn_springblock_fit_region", right, left, noise, *map(ctypes.byref, out))
        return out[0].value, out[1].value

    def straighten(self):
        """(bow, noise, right friction at which it is 0)"""
        return Straight(*self._numbers("nndyn_springblock_fit_straighten", _f64, _f64, _f64))


# ---- order -----------------------------------------------------------------------------------------------------------

class Substitution(_Handle):
    """The linear substitution of a network; Network.linear_substitution makes it."""
    _free = "nndyn_substitution_free"

    @property
    def shape(self):
        """(cuts, classes, samples)"""
        return tuple(self._numbers("nndyn_substitution_shape", _i64, _i64, _i64))

    def cut(self, cut):
        """(layer of the network whose output it is, -1 for the input; width)"""
        layer, width = _i64(), _i64()
        self._do("nndyn_substitution_cut", cut, ctypes.byref(layer), ctypes.byref(width))
        return layer.value, width.value

    def map(self, cut):
        """(matrix, offset, exponent): logits = 2^exponent matrix a + offset."""
        matrix, offset, exponent = np.empty((self.shape[1], self.cut(cut)[1])), np.empty(self.shape[1]), _i64()
        self._do("nndyn_substitution_map", cut, matrix.size, _address(matrix), _address(offset),
                 ctypes.byref(exponent))
        return matrix, offset, exponent.value

    def accuracy(self):
        """(accuracies, agreements with the network) of all cuts, and the network's accuracy."""
        accuracy, agreement, network = np.empty(self.shape[0]), np.empty(self.shape[0]), _f64()
        self._do("nndyn_substitution_accuracy", len(accuracy), _address(accuracy), _address(agreement),
                 ctypes.byref(network))
        return accuracy, agreement, network.value

    @property
    def prunable(self):
        """The cut from which on the network is linear within the tolerance."""
        return self._numbers("nndyn_substitution_prunable", _i64)[0]


class Ranks(_Handle):
    """Rank distributions of layers 1, 2, ...; Network.rank_distribution and rank_distribution_of make them."""
    _free = "nndyn_ranks_free"

    @property
    def shape(self):
        """(layers, classes, bins)"""
        return tuple(self._numbers("nndyn_ranks_shape", _i64, _i64, _i64))

    def layer(self, layer):
        """The figures of a layer, to be indexed by RANKS_*."""
        values = np.empty(RANKS_VALUES)
        self._do("nndyn_ranks_layer", layer, len(values), _address(values))
        return values

    def units(self, layer, quantity=0):
        """A quantity, RANK_*, of each class and unit: classes x units."""
        values = np.empty((self.shape[1], int(self.layer(layer)[RANKS_UNITS])))
        self._do("nndyn_ranks_units", layer, quantity, values.size, _address(values))
        return values

    def density(self, layer, label=-1):
        """Density of ranks in equal bins, of a class or (-1) of the layer."""
        density = np.empty(self.shape[2])
        self._do("nndyn_ranks_density", layer, label, len(density), _address(density))
        return density


def rank_distribution_of(h, map, labels, context=None, **options):
    """Ranks of given fields h, samples x units, with signs of map, classes x units."""
    context = context or default_context()
    h = _array(h, "h", (None, None))
    map = _array(map, "map", (None, h.shape[1]))
    labels = _array(labels, "labels", (len(h),), np.int64)
    with context._options(options) as o:
        return Ranks._wrap(_created(context, "nndyn_rank_distribution_of", context.pointer, *h.shape, _address(h),
                                    len(map), _address(map), _address(labels), o), context)


LinearizedShape = collections.namedtuple("LinearizedShape", "form samples outputs test parameters")
LinearizedState = collections.namedtuple("LinearizedState", "steps time coefficients train test")


class Linearized(_Handle):
    """A linearized model: f_lin = f0 + kernel c, trained as the network is.  The rate is never part of the kernel.

        model = nndyn.Linearized(kernel, f0, y, kappa=1)      # kernel (N C) x (N C), or N x N with scalar=True
        model = network.linearized(x, t, x_test)              # with the network's own kernel
        train = model.predict(0.1, 100).train                 # 100 steps of gradient descent, in closed form
    """
    _free = "nndyn_linearized_free"

    def __init__(self, kernel, f0, y, scalar=False, context=None, **options):
        context = context or default_context()
        f0 = _array(f0, "f0", (None, None))
        y = _array(y, "y", f0.shape)
        order = len(f0) if scalar else f0.size
        kernel = _array(kernel, "kernel", (order, order))
        form = LINEARIZED_SCALAR if scalar else LINEARIZED_FULL
        with context._options(options) as o:
            self._adopt(_created(context, "nndyn_linearized_create", context.pointer, form, *f0.shape,
                                 _address(kernel), _address(f0), _address(y), o), context)

    @property
    def shape(self):
        """(form, samples N, outputs C, test points T, parameters or 0)"""
        return LinearizedShape(*self._numbers("nndyn_linearized_shape", _int, _i64, _i64, _i64, _i64))

    def set_test(self, kernel, f0):
        """Test points: their kernel with the training samples and their outputs at the start."""
        s = self.shape
        f0 = _array(f0, "f0", (None, s.outputs))
        scalar = s.form == LINEARIZED_SCALAR
        size = (len(f0), s.samples) if scalar else (f0.size, s.samples * s.outputs)
        self._do("nndyn_linearized_set_test", len(f0), _address(_array(kernel, "kernel", size)), _address(f0))

    def set_loss(self, loss, **options):
        """The loss that steps and flow go by; the state starts anew."""
        with self._options(options) as o:
            self._do("nndyn_linearized_set_loss", _kind(loss, "loss", loss_name), o)

    @property
    def eigenvalues(self):
        """Eigenvalues of the kernel, descending."""
        s = self.shape
        values = np.empty(s.samples * (1 if s.form == LINEARIZED_SCALAR else s.outputs))
        self._do("nndyn_linearized_eigenvalues", len(values), _address(values))
        return values

    def stability(self, rate, rule=None, **options):
        """Figures of a rate, to be indexed by LINEARIZED_LARGEST ... LINEARIZED_RANK."""
        values = np.empty(LINEARIZED_FIGURES)
        with self._options(options) as o:
            self._do("nndyn_linearized_stability", LINEARIZED_DESCENT if rule is None else rule, rate, o, len(values),
                     _address(values))
        return values

    def _outputs(self):
        s = self.shape
        coefficients, train = np.empty((s.samples, s.outputs)), np.empty((s.samples, s.outputs))
        return coefficients, train, np.empty((s.test, s.outputs)) if s.test else None

    def predict(self, rate, time, rule=None, **options):
        """(coefficients, train, test) after so many steps or so long a time, infinity included, in closed form."""
        coefficients, train, test = self._outputs()
        with self._options(options) as o:
            self._do("nndyn_linearized_predict", LINEARIZED_DESCENT if rule is None else rule, rate, time, o,
                     _address(coefficients), _address(train), None if test is None else _address(test))
        return LinearizedState(0, 0.0, coefficients, train, test)

    def step(self, rate, rows=None, t=None, weight=None, momentum=0):
        """A step on some samples (None: all), each of this weight (None: one over their number)."""
        s = self.shape
        rows = None if rows is None else _array(rows, "rows", (None,), np.int64)
        count = s.samples if rows is None else len(rows)
        t = None if t is None else _array(t, "t", (count, s.outputs))
        self._do("nndyn_linearized_step", count, None if rows is None else _address(rows),
                 None if t is None else _address(t), rate, 1 / count if weight is None else weight, momentum)

    def run(self, trainer, batches, steps):
        """Steps by the rule of a trainer on the batches it would take."""
        self._do("nndyn_linearized_run", trainer.pointer, batches.pointer, steps)

    def integrate(self, rate, duration, **options):
        """Gradient flow of the state."""
        with self._options(options) as o:
            self._do("nndyn_linearized_integrate", rate, duration, o)

    def reset(self):
        """Back to the start."""
        self._do("nndyn_linearized_reset")

    @property
    def state(self):
        """(steps, time, coefficients, train, test)"""
        steps, time = _i64(), _f64()
        coefficients, train, test = self._outputs()
        self._do("nndyn_linearized_get", ctypes.byref(steps), ctypes.byref(time), _address(coefficients),
                 _address(train), None if test is None else _address(test))
        return LinearizedState(steps.value, time.value, coefficients, train, test)

    def _given(self, coefficients):
        s = self.shape
        return None if coefficients is None else _array(coefficients, "coefficients", (s.samples, s.outputs))

    def displacement(self, coefficients=None):
        """|w| of coefficients (None: of the state)."""
        coefficients, norm = self._given(coefficients), _f64()
        self._do("nndyn_linearized_displacement", None if coefficients is None else _address(coefficients),
                 ctypes.byref(norm))
        return norm.value

    def parameters(self, coefficients=None):
        """theta_0 + w of coefficients (None: of the state)."""
        coefficients, parameters = self._given(coefficients), np.empty(self.shape.parameters)
        self._do("nndyn_linearized_parameters", None if coefficients is None else _address(coefficients),
                 len(parameters), _address(parameters))
        return parameters

    @staticmethod
    def forecast(n, outputs=1, test=0, scalar=False, context=None):
        """(bytes, flops) of a model from a kernel."""
        context, size, flops = context or default_context(), _i64(), _f64()
        context._do("nndyn_linearized_forecast", LINEARIZED_SCALAR if scalar else LINEARIZED_FULL, n, outputs, test,
                    ctypes.byref(size), ctypes.byref(flops))
        return size.value, flops.value


class Correlations(_Handle):
    """Tensors of derivative correlations; Network.correlations makes them, or they are given."""
    _free = "nndyn_correlations_free"
    _names = {"c00": 1, "c01": 2, "c02": 4, "c03": 8, "c11": 16}

    def __init__(self, rate, c00, c01, c02=None, c03=None, c11=None, context=None):
        context = context or default_context()
        c00 = _array(c00, "c00", (None,))
        m = len(c00)
        given = [c00, _array(c01, "c01", (m, m))]
        for value, name, slots in ((c02, "c02", 3), (c03, "c03", 4), (c11, "c11", 4)):
            given.append(None if value is None else _array(value, name, (m,) * slots))
        name = "nndyn_correlations_create_from"
        self._adopt(_created(context, name, context.pointer, m, rate,
                             *(None if a is None else _address(a) for a in given)), context)

    @property
    def info(self):
        """(outputs, rate, parts, flags)"""
        return tuple(self._numbers("nndyn_correlations_info", _i64, _f64, _int, _int))

    def __getitem__(self, name):
        """The tensor "c00", "c01", "c02", "c03" or "c11" (a Gram matrix, [i][k][m][p])."""
        which = self._names[name]
        values = np.empty((self.info[0],) * {1: 1, 2: 2, 4: 3, 8: 4, 16: 4}[which])
        self._do("nndyn_correlations_get", which, values.size, _address(values))
        return values

    def norm(self, name, **options):
        """(lower, upper, frobenius): bounds of the subordinate norm, and the root of the sum of squares."""
        out = [_f64(), _f64(), _f64()]
        with self._options(options) as o:
            self._do("nndyn_correlations_norm", self._names[name], o, *map(ctypes.byref, out))
        return tuple(value.value for value in out)

    def rescale(self, alpha, rate):
        """Those of alpha f at `rate` times the rate."""
        return Correlations._wrap(_created(self, "nndyn_correlations_rescale", self.pointer, alpha, rate), self)

    def bound(self, y, kappa, steps, **options):
        """(bound, closed, contraction, flags) of the deviation from the linear model, a-priori."""
        y = _array(y, "y", (self.info[0],))
        bound, closed, flags = np.empty(max(steps, 0) + 1), np.empty(2), _int()
        with self._options(options) as o:
            self._do("nndyn_correlations_bound", _address(y), kappa, steps, o, _address(bound), _address(closed),
                     ctypes.byref(flags))
        return bound, closed[0], closed[1], flags.value

    def predict(self, y, weights, steps, **options):
        """(outputs, linear, valid, flags): training to order 1/width, and the linear model, steps + 1 rows each."""
        m = self.info[0]
        y, weights = _array(y, "y", (m,)), _array(weights, "weights", (m,))
        outputs, linear = np.empty((max(steps, 0) + 1, m)), np.empty((max(steps, 0) + 1, m))
        valid, flags = _i64(), _int()
        with self._options(options) as o:
            self._do("nndyn_correlations_predict", _address(y), _address(weights), steps, o, _address(outputs),
                     _address(linear), ctypes.byref(valid), ctypes.byref(flags))
        return outputs, linear, valid.value, flags.value


def correlation_factor(uncontracted, contracted, alpha, rate, context=None):
    """The factor of C^{D,d} when f becomes alpha f and the rate `rate` times itself."""
    context = context or default_context()
    factor = _f64()
    _call(context, "nndyn_correlation_factor", context.pointer, uncontracted, contracted, alpha, rate,
          ctypes.byref(factor))
    return factor.value


def correlation_recover(rates, observed, degree, context=None):
    """(values, residuals): C^{0,d}[e..] from outputs, nodes x M, observed after one step at factors of the rate."""
    context = context or default_context()
    rates = _array(rates, "rates", (None,))
    observed = _array(observed, "observed", (len(rates), None))
    m = observed.shape[1]
    values, residuals = np.empty((max(degree, 0) + 1, m)), np.empty(m)
    _call(context, "nndyn_correlation_recover", context.pointer, len(rates), _address(rates), m, _address(observed),
          degree, _address(values), _address(residuals))
    return values, residuals


def correlation_bound(c02, c03, c11, rate, kappa, eigenvalues, residuals, steps, context=None):
    """(bound, closed, contraction, flags): the a-priori bound from norms at initialization."""
    context = context or default_context()
    eigenvalues = _array(eigenvalues, "eigenvalues", (None,))
    residuals = _array(residuals, "residuals", (len(eigenvalues),))
    bound, closed, flags = np.empty(max(steps, 0) + 1), np.empty(2), _int()
    _call(context, "nndyn_correlation_bound", context.pointer, c02, c03, c11, len(eigenvalues), rate, kappa,
          _address(eigenvalues), _address(residuals), steps, _address(bound), _address(closed), ctypes.byref(flags))
    return bound, closed[0], closed[1], flags.value


# ---- functions of no handle ------------------------------------------------------------------------------------------

def version():
    """Version of the library: major * 10000 + minor * 100 + patch."""
    return _lib.nndyn_version()


def build_info():
    """One line for bug reports."""
    length = _i64()
    _call(_Nowhere, "nndyn_build_info", 0, None, ctypes.byref(length))
    text = ctypes.create_string_buffer(length.value + 1)
    _call(_Nowhere, "nndyn_build_info", len(text), ctypes.addressof(text), None)
    return text.value.decode()


def status_name(status):
    return _lib.nndyn_status_name(status).decode()


def status_text(status):
    return _lib.nndyn_status_text(status).decode()


def activation_name(kind):
    return _lib.nndyn_activation_name(kind).decode()


def loss_name(kind):
    return _lib.nndyn_loss_name(kind).decode()


def ntk_file(path, context=None):
    """(kind, rows, columns, rows written) of a file of Network.ntk_write."""
    kind, rows, columns, written = _int(), _i64(), _i64(), _i64()
    (context or default_context())._do("nndyn_ntk_file", os.fsencode(path), ctypes.byref(kind), ctypes.byref(rows),
                                       ctypes.byref(columns), ctypes.byref(written))
    return NtkFile(_NTK[kind.value - 1].lower(), rows.value, columns.value, written.value)


def ntk_read(path, first=0, count=None, context=None):
    """Rows of such a file; all that are written from `first` on, if no count is given."""
    found = ntk_file(path, context)
    count = found.written - first if count is None else count
    kernel = np.empty((max(count, 0), found.columns))
    (context or default_context())._do("nndyn_ntk_read", os.fsencode(path), first, count, _address(kernel))
    return kernel


def ntk_infinite(x, depth, activation, x2=None, context=None, **options):
    """(covariance, tangent kernel) of an infinitely wide network with so many hidden layers."""
    context = context or default_context()
    x = _array(x, "x", (None, None))
    x2 = None if x2 is None else _array(x2, "x2", (None, x.shape[1]))
    shape = len(x), len(x if x2 is None else x2)
    covariance, tangent = np.empty(shape), np.empty(shape)
    with context._options(options) as o:
        context._do("nndyn_ntk_infinite", x.shape[1], len(x), _address(x), shape[1], _address(x2), depth,
                    _kind(activation, "activation", activation_name), o, _address(covariance), _address(tangent))
    return covariance, tangent


def activation_evaluate(kind, z, order=0, context=None, **options):
    """A derivative of an activation at the points z, of any shape."""
    context = context or default_context()
    points = _array(np.ravel(z), "z", (None,))
    values = np.empty(points.shape)
    kind = _kind(kind, "activation", activation_name)
    with context._options(options) as o:
        context._do("nndyn_activation_evaluate", kind, o, order, len(points), _address(points), _address(values))
    return values.reshape(np.shape(z))


# ---- recurrent networks ----------------------------------------------------------------------------------------------

FixedPoint = collections.namedtuple("FixedPoint", "state stability unstable residual abscissa contraction")
Settled = collections.namedtuple("Settled", "states residuals steps")


class Recurrent(_Handle):
    """A recurrent network x' = f(gain W x + b) - x; some neurons may be clamped: net.boundary = neurons, values."""
    _free = "nndyn_recurrent_free"

    def __init__(self, weights, biases=None, activation="tanh", context=None, **options):
        context = context or default_context()
        weights = _array(weights, "weights", (None, None))
        weights = _array(weights, "weights", (len(weights), len(weights)))
        biases = None if biases is None else _array(biases, "biases", (len(weights),))
        with context._options(options) as o:
            pointer = _created(context, "nndyn_recurrent_create", context.pointer, len(weights), _address(weights),
                               _address(biases), _kind(activation, "activation", activation_name), o)
        self._adopt(pointer, context)

    @property
    def shape(self):
        """(neurons, clamped ones, free ones)"""
        return tuple(self._numbers("nndyn_recurrent_shape", _i64, _i64, _i64))

    @property
    def boundary(self):
        """(clamped neurons, their values); set it, or set it to None, to clamp others, or none."""
        count = self.shape[1]
        neurons, values = np.empty(count, np.int64), np.empty(count)
        self._do("nndyn_recurrent_get_boundary", count, _address(neurons), _address(values))
        return neurons, values

    @boundary.setter
    def boundary(self, value):
        neurons, values = value if value is not None else ((), ())
        neurons = _array(np.asarray(neurons, np.int64), "neurons", (None,), np.int64)
        values = _array(values, "values", neurons.shape)
        self._do("nndyn_recurrent_set_boundary", len(neurons), _address(neurons), _address(values))

    @property
    def weights(self):
        n = self.shape[0]
        weights, biases = np.empty((n, n)), np.empty(n)
        self._do("nndyn_recurrent_get_weights", _address(weights), _address(biases))
        return weights, biases

    @weights.setter
    def weights(self, value):
        """(weights, biases), either None: unchanged."""
        n = self.shape[0]
        weights, biases = value
        weights = None if weights is None else _array(weights, "weights", (n, n))
        biases = None if biases is None else _array(biases, "biases", (n,))
        self._do("nndyn_recurrent_set_weights", _address(weights), _address(biases))

    @property
    def gain(self):
        return self._numbers("nndyn_recurrent_get_gain", _f64)[0]

    @gain.setter
    def gain(self, value):
        self._do("nndyn_recurrent_set_gain", value)

    def activate(self, starts=None, boundary=None, **options):
        """Fixed points that starts (count x neurons) come to; with neither starts nor boundary states: one, from 0."""
        n, p, _ = self.shape
        starts = None if starts is None else _array(starts, "starts", (None, n))
        count = len(starts) if starts is not None else 1 if boundary is None else len(boundary)
        boundary = None if boundary is None else _array(boundary, "boundary", (count, p))
        out = Settled(np.empty((count, n)), np.empty(count), np.empty(count, np.int64))
        with self._options(options) as o:
            self._do("nndyn_recurrent_activate", count, _address(boundary), _address(starts), o, *map(_address, out))
        return out

    def jacobian(self, states, **options):
        """dx_Q/dx_P at each of the fixed points, and condition numbers."""
        n, p, q = self.shape
        states = _array(states, "states", (None, n))
        jacobian, condition = np.empty((len(states), q, p)), np.empty(len(states))
        with self._options(options) as o:
            self._do("nndyn_recurrent_jacobian", len(states), _address(states), o, _address(jacobian),
                     _address(condition))
        return jacobian, condition

    def jvp(self, states, boundary, **options):
        n, p, q = self.shape
        states = _array(states, "states", (None, n))
        boundary, out = _array(boundary, "boundary", (len(states), p)), np.empty((len(states), q))
        with self._options(options) as o:
            self._do("nndyn_recurrent_jvp", len(states), _address(states), _address(boundary), o, _address(out))
        return out

    def vjp(self, states, bulk, **options):
        n, p, q = self.shape
        states = _array(states, "states", (None, n))
        bulk, out = _array(bulk, "bulk", (len(states), q)), np.empty((len(states), p))
        with self._options(options) as o:
            self._do("nndyn_recurrent_vjp", len(states), _address(states), _address(bulk), o, _address(out))
        return out

    def equilibria(self, given=None, **options):
        """Equilibria from given starts (count x neurons) and "starts" (64) drawn ones."""
        given = None if given is None else _array(given, "given", (None, self.shape[0]))
        count = 0 if given is None else len(given)
        with self._options(options) as o:
            pointer = _created(self, "nndyn_recurrent_equilibria", self.pointer, count, _address(given), o)
        return FixedPoints._wrap(pointer, self)

    @property
    def unique(self):
        """(sup|f'| |gain| ||W_QQ||, whether it is below 1: one equilibrium only)"""
        bound, unique = self._numbers("nndyn_recurrent_unique", _f64, _int)
        return bound, bool(unique)

    def ball(self, state, **options):
        """(contraction, radius) of the certified ball around a fixed point."""
        state, mu, radius = _array(state, "state", (self.shape[0],)), _f64(), _f64()
        with self._options(options) as o:
            self._do("nndyn_recurrent_ball", _address(state), o, ctypes.byref(mu), ctypes.byref(radius))
        return mu.value, radius.value

    def energy(self, states):
        states = _array(states, "states", (None, self.shape[0]))
        out = np.empty(len(states))
        self._do("nndyn_recurrent_energy", len(states), _address(states), _address(out))
        return out

    def map(self, **options):
        """One step as a Map of the free neurons: "method" ("rk4", "euler" or "discrete"), "step" (0.05)."""
        with self._options(options) as o:
            return Map._wrap(_created(self, "nndyn_map_create_recurrent", self.pointer, o), self)


class FixedPoints(_Handle):
    """Equilibria in an order of their own: len(points), points[i], points.modes(i)."""
    _free = "nndyn_fixed_points_free"

    def __len__(self):
        return self._numbers("nndyn_fixed_points_shape", _i64, _i64, _i64)[0]

    def figure(self, index, name):
        value = _f64()
        self._do("nndyn_fixed_points_figure", index, name.encode(), ctypes.byref(value))
        return value.value

    def __getitem__(self, index):
        count, n, _ = self._numbers("nndyn_fixed_points_shape", _i64, _i64, _i64)
        if not 0 <= index < count:
            raise IndexError(f"index is {index}; there are {count} equilibria")
        state, stability, unstable = np.empty(n), _int(), _i64()
        self._do("nndyn_fixed_points_get", index, _address(state), ctypes.byref(stability), ctypes.byref(unstable))
        figures = [self.figure(index, name) for name in FixedPoint._fields[3:]]
        return FixedPoint(state, _lib.nndyn_fixed_point_stability_name(stability.value).decode(), unstable.value,
                          *figures)

    def modes(self, index):
        """(eigenvalues, modes): complex ones; a row a mode."""
        q = self._numbers("nndyn_fixed_points_shape", _i64, _i64, _i64)[2]
        re, im, rows = np.empty(q), np.empty(q), np.empty((q, q))
        self._do("nndyn_fixed_points_modes", index, _address(re), _address(im), _address(rows))
        modes = rows.astype(complex)
        for i in np.flatnonzero(im > 0):
            modes[i], modes[i + 1] = rows[i] + 1j * rows[i + 1], rows[i] - 1j * rows[i + 1]
        return re + 1j * im, modes


# ---- order of samples ------------------------------------------------------------------------------------------------

OrderPairs = collections.namedtuple("OrderPairs", "counts tau_b rho verdict strict discordance")
OrderBundle = collections.namedtuple("OrderBundle", "positions values verdict certain")
OrderBundleOn = collections.namedtuple("OrderBundleOn", "y between verdict")


LearningPhases = collections.namedtuple("LearningPhases", "phase rho spread")
Grokking = collections.namedtuple("Grokking", "verdict memorized generalized delay before best")


def learning_phases(gradient, deviation=None, context=None, **options):
    """PHASE_RANDOM, _EARLY, ... of each checkpoint (row) by the rank gradients of the layers (columns)."""
    context = context or default_context()
    gradient = _array(gradient, "gradient", (None, None))
    deviation = None if deviation is None else _array(deviation, "deviation", gradient.shape)
    phase, rho, spread = np.empty(len(gradient), np.int32), np.empty(len(gradient)), np.empty(len(gradient))
    with context._options(options) as o:
        _call(context, "nndyn_learning_phases", context.pointer, *gradient.shape, _address(gradient),
              _address(deviation), o, _address(phase), _address(rho), _address(spread))
    return LearningPhases(phase, rho, spread)


def learning_peak(gradient, context=None):
    """(checkpoint of the largest gradient, PHASE_ALIGNING or PHASE_FOLDING of each) of a single hidden layer."""
    context = context or default_context()
    gradient = _array(gradient, "gradient", (None,))
    peak, phase = _i64(), np.empty(len(gradient), np.int32)
    _call(context, "nndyn_learning_peak", context.pointer, len(gradient), _address(gradient), ctypes.byref(peak),
          _address(phase))
    return peak.value, phase


def learning_separation(accuracy, linear, samples, context=None, **options):
    """The first checkpoint where a network is better than a linear one by more than chance; None if there is none."""
    context = context or default_context()
    accuracy = _array(accuracy, "accuracy", (None,))
    linear = _array(linear, "linear", accuracy.shape)
    found = _i64()
    with context._options(options) as o:
        _call(context, "nndyn_learning_separation", context.pointer, len(accuracy), _address(accuracy),
              _address(linear), samples, o, ctypes.byref(found))
    return found.value if found.value < len(accuracy) else None


def grokking(steps, train, test, batch=None, context=None, **options):
    """Whether test accuracy rises long after the training set is memorized: GROKKING_UNLEARNED, _PROMPT, ..."""
    context = context or default_context()
    steps = _array(steps, "steps", (None,), np.int64)
    train, test = _array(train, "train", steps.shape), _array(test, "test", steps.shape)
    batch = None if batch is None else _array(batch, "batch", steps.shape)
    values, verdict = np.empty(GROKKING_VALUES), _int()
    with context._options(options) as o:
        _call(context, "nndyn_grokking", context.pointer, len(steps), _address(steps), _address(train),
              _address(test), _address(batch), o, len(values), _address(values), ctypes.byref(verdict))
    return Grokking(verdict.value, *values.tolist())


def order_pairs(h, g, context=None):
    """Concordance of two numbers of each sample; counts as ORDER_CONCORDANT, ..., verdict ORDER_STRICT, ..."""
    context = context or default_context()
    h = _array(h, "h", (None,))
    g = _array(g, "g", h.shape)
    counts, tau, rho = np.empty(ORDER_COUNTS, np.int64), _f64(), _f64()
    _call(context, "nndyn_order_pairs", context.pointer, len(h), _address(h), _address(g), _address(counts),
          ctypes.byref(tau), ctypes.byref(rho))
    return OrderPairs(counts, tau.value, rho.value, *order_verdict(counts, context))


def order_verdict(counts, context=None):
    """(verdict, strict index, discordance) of counts of pairs."""
    context = context or default_context()
    counts = _array(counts, "counts", (ORDER_COUNTS,), np.int64)
    verdict, strict, discordance = _int(), _f64(), _f64()
    _call(context, "nndyn_order_verdict", context.pointer, _address(counts), ctypes.byref(verdict),
          ctypes.byref(strict), ctypes.byref(discordance))
    return verdict.value, strict.value, discordance.value


def order_roles(activation, h, context=None, **options):
    """(roles, pairs tied) of neurons whose local fields are the columns of h; ORDER_ROLE_DEAD, ..."""
    context = context or default_context()
    h = _array(h, "h", (None, None))
    roles, tied = np.empty(h.shape[1], np.int32), np.empty(h.shape[1], np.int64)
    kind = _kind(activation, "activation", activation_name)
    with context._options(options) as o:
        _call(context, "nndyn_order_roles", context.pointer, kind, *h.shape, _address(h), o, _address(roles),
              _address(tied))
    return roles, tied


def _bundle(w, b, v, activation):
    """Arguments units, w, b, v, activation, with the arrays that must live during the call."""
    w = _array(w, "w", (None,))
    b, v = _array(b, "b", w.shape), _array(v, "v", w.shape)
    kind = _kind(activation, "activation", activation_name)
    return [len(w), _address(w), _address(b), _address(v), kind], [w, b, v]


def order_bundle(w, b, v, activation, context=None, **options):
    """Extrema of y(h) = sum_j v_j f(w_j h + b_j), and what it does to order."""
    context = context or default_context()
    given, keep = _bundle(w, b, v, activation)
    count, verdict, certain = _i64(), _int(), _int()
    tail = [ctypes.byref(count), ctypes.byref(verdict), ctypes.byref(certain)]
    with context._options(options) as o:
        _call(context, "nndyn_order_bundle", context.pointer, *given, o, 0, None, None, *tail)
        positions, values = np.empty(count.value), np.empty(count.value)
        _call(context, "nndyn_order_bundle", context.pointer, *given, o, count.value, _address(positions),
              _address(values), *tail)
    del keep
    return OrderBundle(positions, values, verdict.value, bool(certain.value))


def order_bundle_on(w, b, v, activation, h, context=None, **options):
    """The bundle on samples h: its outputs, extrema between them, and what they show."""
    context = context or default_context()
    given, keep = _bundle(w, b, v, activation)
    h = _array(h, "h", (None,))
    y, between, verdict = np.empty(len(h)), _i64(), _int()
    with context._options(options) as o:
        _call(context, "nndyn_order_bundle_on", context.pointer, *given, o, len(h), _address(h), _address(y),
              ctypes.byref(between), ctypes.byref(verdict))
    del keep
    return OrderBundleOn(y, between.value, verdict.value)


# ---- separation of classes -------------------------------------------------------------------------------------------

Separation = collections.namedtuple(
    "Separation", "d d_hs d_inverse within between rank_between rank_within condition classes samples flags")
NetworkSeparation = collections.namedtuple("NetworkSeparation", "d values flags loss accuracy")
LoadCurve = collections.namedtuple(
    "LoadCurve", "loads v c kappa sigma bow r_squared slope quadratic monotone largest drop verdict")
LoadCurveAdvice = collections.namedtuple("LoadCurveAdvice", "straightest direction level")
_SEPARATIONS = len(Separation._fields) - 1


def _features(x, labels):
    """Rows of features in their own precision, their labels, and the ending of the function that takes them."""
    single = np.asarray(x).dtype == np.float32
    x = _array(x, "x", (None, None), np.float32 if single else np.float64)
    return x, _array(labels, "labels", (len(x),), np.int64), "_f32" if single else ""


def separation(x, labels, classes=0, context=None, **options):
    """Separation of classes of the rows of x; classes=0: labels of any range."""
    context = context or default_context()
    x, labels, ending = _features(x, labels)
    values, flags = np.empty(_SEPARATIONS), _int()
    with context._options(options) as o:
        _call(context, "nndyn_separation" + ending, context.pointer, *x.shape, _address(x), classes, _address(labels),
              o, len(values), _address(values), ctypes.byref(flags))
    return Separation(*values.tolist(), flags.value)


def separation_directions(x, labels, classes=0, context=None, **options):
    """(fuzziness, vectors): the discriminant directions as rows, the best separated first."""
    context = context or default_context()
    x, labels, ending = _features(x, labels)
    room = max(1, min(classes or len(np.unique(labels)), x.shape[1]))
    fuzziness, vectors, count = np.empty(room), np.empty((room, x.shape[1])), _i64()
    with context._options(options) as o:
        _call(context, "nndyn_separation_directions" + ending, context.pointer, *x.shape, _address(x), classes,
              _address(labels), o, room, _address(fuzziness), _address(vectors), ctypes.byref(count))
    return fuzziness[:count.value], vectors[:count.value]


class Basin(_Handle):
    """Radii of basins; group 0 is the whole set, group 1 + c class c."""
    _free = "nndyn_basin_free"

    def get(self, name, group=0):
        """A figure of a group: "radius", "low", "high", "theta", "accuracy", ..."""
        value = _f64()
        self._do("nndyn_basin_get", group, name.encode(), ctypes.byref(value))
        return value.value

    def __getitem__(self, name):
        return self.get(name)

    def flags(self, group=0):
        """Bits BASIN_ZERO, BASIN_INFINITE, ... of a group."""
        value = _int()
        self._do("nndyn_basin_flags", group, ctypes.byref(value))
        return value.value

    @property
    def groups(self):
        count = _i64()
        self._do("nndyn_basin_groups", ctypes.byref(count))
        return count.value

    @property
    def unit(self):
        """What an amplitude is."""
        text = ctypes.c_char_p()
        self._do("nndyn_basin_unit", ctypes.byref(text))
        return text.value.decode()

    def curve(self, group=0):
        """(amplitude, accuracy, low, high) of a group, at 0 and at the amplitudes of the march."""
        count = _i64()
        self._do("nndyn_basin_curve", group, 0, None, None, None, None, ctypes.byref(count))
        out = [np.empty(count.value) for _ in range(4)]
        self._do("nndyn_basin_curve", group, count.value, *map(_address, out), ctypes.byref(count))
        return tuple(out)

    def samples(self):
        """(radius, low, high, flags) of the samples, in their order."""
        count = _i64()
        self._do("nndyn_basin_samples", 0, None, None, None, None, ctypes.byref(count))
        out = [np.empty(count.value) for _ in range(3)] + [np.empty(count.value, np.int32)]
        self._do("nndyn_basin_samples", count.value, *map(_address, out), ctypes.byref(count))
        return tuple(out)

    def quantiles(self, p, group=0):
        """(quantiles, how many are 0, how many are infinite or beyond the cap) of the radii of the samples."""
        p = _array(np.atleast_1d(p), "p", (None,))
        out, zero, beyond = np.empty(len(p)), _i64(), _i64()
        self._do("nndyn_basin_quantiles", group, len(p), _address(p), _address(out), ctypes.byref(zero),
                 ctypes.byref(beyond))
        return out, zero.value, beyond.value


class SeparationStream(_Handle):
    """Separation of classes of features that come in pieces; he_su=1 and inverse=1 need a second pass."""
    _free = "nndyn_separation_stream_free"

    def __init__(self, width, classes, context=None, **options):
        context = context or default_context()
        with context._options(options) as o:
            name = "nndyn_separation_stream_create"
            self._adopt(_created(context, name, context.pointer, width, classes, o), context)

    def add(self, x, labels):
        x, labels, ending = _features(x, labels)
        self._do("nndyn_separation_stream_add" + ending, len(x), _address(x), _address(labels))
        return self

    def merge(self, other):
        """Add what another stream of the same sizes and options has gathered."""
        self._do("nndyn_separation_stream_merge", other.pointer)
        return self

    def copy(self):
        return self._wrap(_created(self, "nndyn_separation_stream_copy", self.pointer), self)

    def second_pass(self):
        """End the first pass: the same samples are to be added again."""
        self._do("nndyn_separation_stream_second_pass")
        return self

    @property
    def values(self):
        values, flags = np.empty(_SEPARATIONS), _int()
        self._do("nndyn_separation_stream_get", len(values), _address(values), ctypes.byref(flags))
        return Separation(*values.tolist(), flags.value)


def load_curve_verdict_name(verdict):
    return _lib.nndyn_load_curve_verdict_name(verdict).decode()


def load_curve(d, context=None, **options):
    """Loads and statistics of a curve of separations; `verdict` is one of LOAD_CURVE_*."""
    context = context or default_context()
    d = _array(d, "d", (None,))
    values, verdict = np.empty(len(LoadCurve._fields) - 2), _int()
    loads = np.empty(max(0, len(d) - 1 - int(bool(options.get("drop_last", 0)))))
    with context._options(options) as o:
        _call(context, "nndyn_load_curve", context.pointer, len(d), _address(d), o, _address(loads), len(values),
              _address(values), ctypes.byref(verdict))
    return LoadCurve(loads, *values.tolist(), verdict.value)


def load_curve_advice(levels, bows, sigmas, losses, limit, context=None, **options):
    """The run of the straightest load curve among those that trained, and where to turn the knob from there."""
    context = context or default_context()
    levels = _array(levels, "levels", (None,))
    rows = [levels] + [_array(a, n, levels.shape) for a, n in ((bows, "bows"), (sigmas, "sigmas"), (losses, "losses"))]
    run, direction, level = _i64(), _int(), _f64()
    with context._options(options) as o:
        _call(context, "nndyn_load_curve_advice", context.pointer, len(levels), *map(_address, rows), limit, o,
              ctypes.byref(run), ctypes.byref(direction), ctypes.byref(level))
    return LoadCurveAdvice(run.value, direction.value, level.value)
