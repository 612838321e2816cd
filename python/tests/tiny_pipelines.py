"""Pipelines of diffusers with tiny random networks, put together without anything that is fetched."""

import copy

import diffusers
import peft
import torch
import transformers
from asking import ROOT

# Several threads of such small networks only wait for each other.
torch.set_num_threads(1)

WORDS = ROOT / "crates/finexl-zoo/tests/fixtures/clip/clip"
LAYERS = ["to_q", "to_k", "to_v", "to_out.0"]


def _tokenizer():
    tokenizer = transformers.CLIPTokenizer.from_pretrained(WORDS)
    if tokenizer.model_max_length > 77:
        tokenizer.model_max_length = 77
    return tokenizer


def _text_encoder(kind, tokenizer):
    config = transformers.CLIPTextConfig(
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        projection_dim=32,
        vocab_size=len(tokenizer),
        max_position_embeddings=tokenizer.model_max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return kind(config)


def _vae(**options):
    return diffusers.AutoencoderKL(
        block_out_channels=(32, 64),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        norm_num_groups=8,
        **options,
    )


def _unet(**options):
    return diffusers.UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=16,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
        **options,
    )


def stable_diffusion():
    """Stable Diffusion 1, and what its denoiser takes beside latents and time."""
    return _stable_diffusion(_unet(cross_attention_dim=32), "epsilon")


def stable_diffusion_2():
    """Stable Diffusion 2, which predicts a velocity, and what its denoiser takes beside latents and time."""
    return _stable_diffusion(_unet(cross_attention_dim=32, use_linear_projection=True), "v_prediction")


def _stable_diffusion(unet, prediction):
    tokenizer = _tokenizer()
    pipe = diffusers.StableDiffusionPipeline(
        unet=unet,
        scheduler=diffusers.DDIMScheduler(steps_offset=1, clip_sample=False, prediction_type=prediction),
        vae=_vae(),
        text_encoder=_text_encoder(transformers.CLIPTextModel, tokenizer),
        tokenizer=tokenizer,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return pipe, {"encoder_hidden_states": torch.randn(4, 8, 32)}


def stable_diffusion_xl():
    """Stable Diffusion XL, and what its denoiser takes beside latents and time."""
    tokenizer = _tokenizer()
    unet = _unet(
        cross_attention_dim=64,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=80,
    )
    pipe = diffusers.StableDiffusionXLPipeline(
        unet=unet,
        scheduler=diffusers.EulerDiscreteScheduler(steps_offset=1),
        vae=_vae(),
        text_encoder=_text_encoder(transformers.CLIPTextModel, tokenizer),
        text_encoder_2=_text_encoder(transformers.CLIPTextModelWithProjection, tokenizer),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        add_watermarker=False,
    )
    added = {"text_embeds": torch.randn(4, 32), "time_ids": torch.zeros(4, 6)}
    return pipe, {"encoder_hidden_states": torch.randn(4, 8, 64), "added_cond_kwargs": added}


def stable_diffusion_3():
    """Stable Diffusion 3 without its T5, and what its denoiser takes beside latents and time."""
    tokenizer = _tokenizer()
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=16,
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=64,
        pooled_projection_dim=64,
    )
    pipe = diffusers.StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_vae(shift_factor=0.06, scaling_factor=1.5),
        text_encoder=_text_encoder(transformers.CLIPTextModelWithProjection, tokenizer),
        text_encoder_2=_text_encoder(transformers.CLIPTextModelWithProjection, tokenizer),
        text_encoder_3=None,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        tokenizer_3=None,
    )
    return pipe, {"encoder_hidden_states": torch.randn(4, 8, 64), "pooled_projections": torch.randn(4, 64)}


def flux():
    """Flux, and what its denoiser takes beside time; what a T5 reads are CLIP's tokens here."""
    tokenizer = _tokenizer()
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8,),
        latent_channels=1,
        norm_num_groups=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.06,
        scaling_factor=1.5,
    )
    reader = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    pipe = diffusers.FluxPipeline(
        transformer=transformer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=_text_encoder(transformers.CLIPTextModel, tokenizer),
        text_encoder_2=transformers.T5EncoderModel(reader).eval(),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
    )
    conditions = {
        "hidden_states": torch.randn(4, 64, 4),
        "encoder_hidden_states": torch.randn(4, 8, 32),
        "pooled_projections": torch.randn(4, 32),
        "img_ids": torch.zeros(64, 3),
        "txt_ids": torch.zeros(8, 3),
    }
    return pipe, conditions


def made(family):
    """A pipeline of a family that says nothing, and what its denoiser takes beside latents and time."""
    torch.manual_seed(0)
    pipe, conditions = family()
    pipe.set_progress_bar_config(disable=True)
    return pipe, conditions


def adapter(pipe, conditions, folder, trained):
    """A folder of PEFT for the pipeline's denoiser; one that is not trained does nothing."""
    torch.manual_seed(1)
    denoiser = getattr(pipe, "transformer", None) or pipe.unet
    model = peft.get_peft_model(copy.deepcopy(denoiser), peft.LoraConfig(r=4, lora_alpha=8, target_modules=LAYERS))
    if trained:
        optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
        given = dict(conditions)
        latents, times = given.pop("hidden_states", torch.randn(4, 4, 16, 16)), torch.tensor([500] * 4)
        for _ in range(8):
            loss = (model(latents, timestep=times, **given).sample - 1.0).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.save_pretrained(folder)
    return folder
