"""Other programs: pipelines of diffusers, CLIP models of transformers."""
