"""What READMEs tell to type runs, in a folder with pictures of a base and of a LoRA."""

import re
import subprocess
import sys

import pytest
from asking import QUICK, ROOT

# What default settings say is tested elsewhere.
_QUICKLY = f"import finexl, functools; finexl.explain = functools.partial(finexl.explain, **{QUICK})\n"


@pytest.mark.parametrize("page", ["README.md", "python/README.md"])
def test_examples_run(page, scenes, tmp_path):
    (tmp_path / "base").symlink_to(scenes.base)
    (tmp_path / "lora").symlink_to(scenes.cosy)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks, page
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", _QUICKLY + block], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "pixelated" in done.stdout
