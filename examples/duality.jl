# How the data move the weights: singular values of the duality map before and after training on the digits.
# Argument: the CSV file.
include(joinpath(@__DIR__, "..", "src", "bindings", "NNDyn.jl")) # in the source tree
using .NNDyn
using LinearAlgebra

digits = isempty(ARGS) ? joinpath(@__DIR__, "data", "digits.csv") : ARGS[1]
data = NNDyn.read_csv(digits; label_column = -2, scale = 1 / 16)
s = NNDyn.shape(data)
net = NNDyn.Network(s.inputs)
NNDyn.dense!(net, 32, NNDyn.TANH)
NNDyn.dense!(net, s.classes)
NNDyn.loss!(net, NNDyn.SOFTMAX_CROSS_ENTROPY)
x, t, _ = NNDyn.rows(data, 0, 20) # a sample a column

rows, columns = NNDyn.duality_shape(net, size(x, 2))
cost = NNDyn.duality_forecast(net, size(x, 2), NNDyn.DUALITY_SINGULAR_VALUES)
println("the map from $columns numbers of the data to $rows parameters: $(cost.bytes) bytes for its spectrum")

function report(when)
    values = NNDyn.duality_singular_values(net, x, t)
    println("$when: largest $(values[1]), ", count(>(0.01 * values[1]), values), " above 1 % of it")
end

report("before training")
NNDyn.run!(NNDyn.Trainer(net, NNDyn.ADAM), NNDyn.Batches(data, NNDyn.BATCH_EPOCHS, 32), 2000)
report("after training")

# A direction of the data and the motion of the weights it causes, both ways: u' (J v) = (J' u)' v.
xdot, u = randn(size(x)), randn(rows)
forward = dot(u, NNDyn.duality_jvp(net, x, t; xdot = xdot))
backward = dot(NNDyn.duality_vjp(net, x, t, u)[1], xdot)
println("u' (J v) = $forward, (J' u)' v = $backward")
