"""
What torch.nn.functional.cross_entropy gives, in float64, for spec/kernels/pytorch.spec.ts:

    pip install torch && python spec/cases/pytorch/cross_entropy.py > spec/cases/pytorch/cross_entropy.json

Every combination of class weights, smoothing, ignore_index and reduction, of class indices and of distributions, for [N, C]
and [N, C, d] logits: those of its documentation. Gradients are those of the sum of the losses times `cotangent`.
"""

import itertools
import json

import torch
from torch.nn.functional import cross_entropy

torch.manual_seed(0)
inputs = []
cases = []


def numbers(tensor):
    """Ten digits: float32 has seven."""
    return [float(f"{value:.10g}") for value in tensor.flatten().tolist()]


for shape in ([5, 4], [3, 4, 2]):
    logits = (3 * torch.randn(shape, dtype=torch.float64)).float().double()
    rows = [shape[0], *shape[2:]]
    indices = torch.randint(0, 4, rows)
    distributions = torch.softmax(2 * torch.randn(shape, dtype=torch.float64), 1).float().double()
    inputs.append(
        {
            "shape": shape,
            "logits": logits.flatten().tolist(),
            "indices": indices.flatten().tolist(),
            "distributions": distributions.flatten().tolist(),
        }
    )
    class_weights = torch.tensor([0.5, 2.0, 1.0, 3.25], dtype=torch.float64)
    for sparse, weighted, smoothing, ignored, reduction in itertools.product(
        (True, False), (True, False), (0.0, 0.1, 0.5), (None, int(indices.flatten()[0])), ("none", "mean", "sum")
    ):
        if ignored is not None and not sparse:
            continue  # "ignore_index is only applicable when the target contains class indices"
        labels = indices if sparse else distributions
        x = logits.clone().requires_grad_()
        loss = cross_entropy(
            x,
            labels,
            weight=class_weights if weighted else None,
            label_smoothing=smoothing,
            reduction=reduction,
            **({} if ignored is None else {"ignore_index": ignored}),
        )
        cotangent = torch.linspace(0.5, 1.5, loss.numel(), dtype=torch.float64).reshape(loss.shape)
        (loss * cotangent).sum().backward()
        cases.append(
            {
                "input": len(inputs) - 1,
                "sparse": sparse,
                "classWeights": class_weights.tolist() if weighted else None,
                "labelSmoothing": smoothing,
                "ignoreIndex": ignored,
                "reduction": reduction,
                "loss": numbers(loss),
                "cotangent": numbers(cotangent),
                "gradient": numbers(x.grad),
            }
        )

lines = ["[\n" + ",\n".join(json.dumps(each) for each in some) + "\n]" for some in (inputs, cases)]
print(f'{{"torch": "{torch.__version__}",\n"inputs": {lines[0]},\n"cases": {lines[1]}}}')
