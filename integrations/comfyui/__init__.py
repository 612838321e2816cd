"""FineXL in ComfyUI: put this folder into `custom_nodes`."""

from .explain_lora import ExplainLora

NODE_CLASS_MAPPINGS = {"FinexlExplainLora": ExplainLora}
NODE_DISPLAY_NAME_MAPPINGS = {"FinexlExplainLora": "Explain LoRA"}

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
