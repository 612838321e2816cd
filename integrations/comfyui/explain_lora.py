"""The node "Explain LoRA": pictures without and with a LoRA -> what it changes, in words."""

import json
from io import BytesIO

ENCODER = "mini-clip"


class ExplainLora:
    """Says in words how the second pictures differ from the first, which were made from the same prompts and seeds."""

    CATEGORY = "FineXL"
    DESCRIPTION = __doc__
    FUNCTION = "explain"
    RETURN_TYPES = ("STRING", "IMAGE", "STRING")
    RETURN_NAMES = ("summary", "chart", "json")

    @classmethod
    def INPUT_TYPES(cls):
        """Say what the node takes."""
        return {
            "required": {
                "images_base": ("IMAGE", {"tooltip": "Without the LoRA; at least 10 pictures, 25 are better."}),
                "images_personalized": ("IMAGE", {"tooltip": "With it, from the same prompts and seeds, in the same order."}),
            },
            "optional": {
                "prompts": (
                    "STRING",
                    {"multiline": True, "default": "", "tooltip": "One per line: one for all, or one per picture."},
                ),
                "encoder": (
                    "STRING",
                    {"default": ENCODER, "tooltip": "A folder or repository of a CLIP model; mini-clip knows drawn scenes."},
                ),
            },
        }

    def explain(self, images_base, images_personalized, prompts="", encoder=ENCODER):
        """Give summary, chart and record."""
        import finexl

        base, personalized = pixels(images_base), pixels(images_personalized)
        explanation = finexl.explain(
            base,
            personalized,
            prompts=prompts_of(prompts, len(base)),
            encoder=encoder.strip() or ENCODER,
            sides=("without", "with"),
            progress=told(len(base)),
        )
        summary = "\n".join([explanation.summary, *(f"Note: {note}" for note in explanation.notes)])
        return (summary, picture(explanation.plot_png()), json.dumps(explanation.to_dict(), indent=2))


def told(count):
    """Give what shows progress on the node and hears "cancel", or no progress outside ComfyUI."""
    try:
        from comfy.model_management import throw_exception_if_processing_interrupted
        from comfy.utils import ProgressBar
    except ImportError:
        return False
    bar = ProgressBar(count)

    def step(done, total):
        throw_exception_if_processing_interrupted()
        bar.update_absolute(done, total)

    return step


def pixels(images):
    """Bring ComfyUI's pictures, floats [n, h, w, 3] in [0, 1], to 8 bits, the way in which it saves them itself."""
    import numpy

    values = numpy.asarray(images.cpu() if hasattr(images, "cpu") else images)
    # Other channels than colours (a mask) are not compared.
    return numpy.clip(255.0 * values[..., :3], 0, 255).astype(numpy.uint8)


def prompts_of(text, count):
    """Give a prompt per picture, or none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    return lines * count if len(lines) == 1 else lines


def picture(png):
    """Bring a PNG to the form of ComfyUI, [1, h, w, 3]."""
    import numpy
    import torch
    from PIL import Image

    values = numpy.asarray(Image.open(BytesIO(png)).convert("RGB"), dtype=numpy.float32) / 255.0
    return torch.from_numpy(values)[None]
