"""The node of ComfyUI, called as ComfyUI calls one."""

import importlib.util
import json
import sys

import finexl
import pytest
from asking import ROOT, findings

numpy = pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def folder():
    """The node's folder, imported the way in which ComfyUI imports a folder of `custom_nodes`."""
    path = ROOT / "integrations" / "comfyui"
    name = "custom_nodes_finexl"
    spec = importlib.util.spec_from_file_location(name, path / "__init__.py", submodule_search_locations=[str(path)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_node_keeps_the_contract(folder):
    """https://docs.comfy.org/custom-nodes/backend/server_overview: what a node class has to have."""
    assert set(folder.NODE_CLASS_MAPPINGS) == set(folder.NODE_DISPLAY_NAME_MAPPINGS) == {"FinexlExplainLora"}
    node = folder.NODE_CLASS_MAPPINGS["FinexlExplainLora"]
    inputs = node.INPUT_TYPES()
    assert set(inputs) == {"required", "optional"}
    kinds = {name: kind[0] for group in inputs.values() for name, kind in group.items()}
    assert kinds == {"images_base": "IMAGE", "images_personalized": "IMAGE", "prompts": "STRING", "encoder": "STRING"}
    assert all(isinstance(kind[1], dict) for group in inputs.values() for kind in group.values())
    assert node.RETURN_TYPES == ("STRING", "IMAGE", "STRING")
    assert len(node.RETURN_NAMES) == len(node.RETURN_TYPES)
    assert callable(getattr(node(), node.FUNCTION)) and isinstance(node.CATEGORY, str)


def test_pictures_are_brought_to_eight_bits_as_comfyui_saves_them(folder):
    values = numpy.array([[[[0.0, 0.5, 1.0], [0.999, 1.2, -0.1]]]], dtype=numpy.float32)
    found = folder.explain_lora.pixels(values)
    assert found.tolist() == [[[[0, 127, 255], [254, 255, 0]]]]
    assert folder.explain_lora.pixels(numpy.zeros((1, 8, 8, 4), numpy.float32)).shape == (1, 8, 8, 3)
    assert folder.explain_lora.prompts_of("a\n\n b ", 2) == ["a", "b"]
    assert folder.explain_lora.prompts_of(" a ", 2) == ["a", "a"]
    assert folder.explain_lora.prompts_of("\n", 2) is None


def test_it_explains_pictures_of_comfyui(folder, arrays, files):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    images = [torch.from_numpy(side.astype(numpy.float32) / 255.0) for side in (arrays.base, arrays.cosy)]
    node = folder.NODE_CLASS_MAPPINGS["FinexlExplainLora"]()
    summary, chart, record = getattr(node, node.FUNCTION)(*images, prompts="\n".join(files.prompts))
    assert summary.splitlines()[0].startswith("Compared with without, with is")
    assert chart.ndim == 4 and chart.shape[0] == 1 and chart.shape[3] == 3
    assert chart.dtype == torch.float32 and 0 <= chart.min() < chart.max() <= 1
    # Eight bits and back may lose one of them to rounding down, as with ComfyUI's own files.
    pixels = [folder.explain_lora.pixels(side) for side in images]
    expected = finexl.explain(*pixels, prompts=files.prompts)
    assert findings(json.loads(record)) == findings(expected.to_dict())
