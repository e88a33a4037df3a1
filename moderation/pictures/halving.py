"""`python -m moderation.pictures.halving FROM.onnx TO.onnx`: a model at half its size, with its weights in 16 bits.

It still computes in 32: onnxruntime widens the weights once, when it loads them. Needs the `train` extra.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

SMALL = 1_024
"""Arrays of fewer values stay as they are: halving them saves nothing, and constants among them need their precision."""


def halve(source: Path, target: Path) -> None:
    """Writes the model; raises ValueError if a weight is too large for 16 bits."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(source)
    graph = model.graph
    weights, widenings = [], []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALL:
            weights.append(weight)
            continue
        if float(np.abs(values).max()) > float(np.finfo(np.float16).max):
            raise ValueError(f"{weight.name} holds values too large for 16 bits")
        half = f"{weight.name}/half"
        weights.append(numpy_helper.from_array(values.astype(np.float16), half))
        widenings.append(helper.make_node("Cast", [half], [weight.name], to=TensorProto.FLOAT))
    nodes = [*widenings, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m moderation.pictures.halving", description="Stores a model's weights in 16 bits."
    )
    parser.add_argument("source", type=Path, help="an ONNX model of 32 bits")
    parser.add_argument("target", type=Path, help="where to write the smaller one")
    given = parser.parse_args()
    halve(given.source, given.target)
    content = given.target.read_bytes()
    print(f"{given.target}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
