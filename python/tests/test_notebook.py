"""The notebook of the documentation runs."""

import sys

import pytest
from asking import ROOT

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
jupyter_client = pytest.importorskip("jupyter_client", reason="jupyter_client is not installed")


class _ThisInterpreter(jupyter_client.kernelspec.KernelSpecManager):
    """Knows one kernel, whatever kernels a user has."""

    def get_kernel_spec(self, kernel_name):
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return jupyter_client.kernelspec.KernelSpec(argv=argv, display_name=kernel_name, language="python")


def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(ROOT / "docs" / "python.ipynb", as_version=4)
    nbformat.validate(notebook)
    manager = jupyter_client.AsyncKernelManager(kernel_spec_manager=_ThisInterpreter())
    client = nbclient.NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("text/html" in output.get("data", {}) for output in shown)
    assert any("image/svg+xml" in output.get("data", {}) for output in shown)
