# Train on the digits from Julia, look at the curvature, and continue from a file.  Argument: the CSV file.
include(joinpath(@__DIR__, "..", "src", "bindings", "NNDyn.jl")) # in the source tree
using .NNDyn

digits = isempty(ARGS) ? joinpath(@__DIR__, "data", "digits.csv") : ARGS[1]
data = NNDyn.read_csv(digits; label_column = -2, scale = 1 / 16)
train, test = split(data, 0.2)
s = NNDyn.shape(data)
println(NNDyn.shape(train).samples, " digits to train on, ", NNDyn.shape(test).samples, " to test")

net = NNDyn.Network(s.inputs)
NNDyn.dense!(net, 32, NNDyn.TANH)
NNDyn.dense!(net, s.classes)
NNDyn.loss!(net, NNDyn.SOFTMAX_CROSS_ENTROPY)

trainer = NNDyn.Trainer(net, NNDyn.ADAM; rate = 2e-3)
batches = NNDyn.Batches(train, NNDyn.BATCH_EPOCHS, 32)
steps = NNDyn.shape(batches).steps
for epoch in 5:5:30
    loss = NNDyn.run!(trainer, batches, 5 * steps)
    on_test = NNDyn.evaluate(net, test)
    println("epoch $epoch: training loss $loss, test loss $(on_test.loss), accuracy $(on_test.accuracy)")
end

# A step may also be taken on arrays: a sample a column.
x, t, labels = NNDyn.rows(train, 0, 200)
println("loss of 200 samples before one more step: ", NNDyn.step!(trainer, x, t))

# Sharpest directions of the loss there, without the Hessian.
println("sharpest directions: ", NNDyn.singular_values(NNDyn.hessian_operator(net, x, t), 3).s)

# A trainer read from a file continues bit for bit.
path = joinpath(mktempdir(), "digits.nndyn")
NNDyn.save(trainer, path)
again = NNDyn.load_trainer(path)
println("continued from a file, bit for bit: ", NNDyn.step!(again, x, t) == NNDyn.step!(trainer, x, t))

# Failures are exceptions with the sentence of the library.
try
    NNDyn.Trainer(net, NNDyn.ADAM; lr = 1e-3)
catch failure
    failure isa NNDyn.Failure || rethrow()
    println("refused: ", failure.message)
end
