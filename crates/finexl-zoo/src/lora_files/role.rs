//! What a tensor is to its layer.

/// A tensor's part in the change of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// LoRA: from the inputs to the rank.
    Down,
    /// LoRA: from the rank to the outputs.
    Up,
    /// The core between them (Tucker).
    Mid,
    /// LoHa: left factor of the first product.
    HadaW1A,
    /// LoHa: right factor of the first product.
    HadaW1B,
    /// LoHa: left factor of the second product.
    HadaW2A,
    /// LoHa: right factor of the second product.
    HadaW2B,
    /// LoHa: core of the first product.
    HadaT1,
    /// LoHa: core of the second product.
    HadaT2,
    /// LoKr: the outer matrix.
    KronW1,
    /// LoKr: left factor of the outer matrix.
    KronW1A,
    /// LoKr: right factor of the outer matrix.
    KronW1B,
    /// LoKr: the inner matrix.
    KronW2,
    /// LoKr: left factor of the inner matrix.
    KronW2A,
    /// LoKr: right factor of the inner matrix.
    KronW2B,
    /// LoKr: core of the inner matrix.
    KronT2,
    /// IA3: a number per channel.
    Channels,
    /// IA3: whether channels are inputs.
    OnInput,
    /// A whole difference of the weight.
    Difference,
    /// A difference of the bias.
    BiasDifference,
    /// A difference of a norm's weight.
    NormDifference,
    /// A difference of a norm's bias.
    NormBiasDifference,
    /// DoRA: lengths, of outputs or inputs by its shape.
    Magnitude,
    /// DoRA in PEFT's form: lengths of outputs, whatever its shape.
    MagnitudeVector,
    /// Alpha.
    Alpha,
    /// The whole scale.
    Scale,
}

impl Role {
    /// As kohya's trainer and LyCORIS write it.
    pub fn written(self) -> &'static str {
        match self {
            Self::Down => "lora_down (lora_A)",
            Self::Up => "lora_up (lora_B)",
            Self::Mid => "lora_mid",
            Self::HadaW1A => "hada_w1_a",
            Self::HadaW1B => "hada_w1_b",
            Self::HadaW2A => "hada_w2_a",
            Self::HadaW2B => "hada_w2_b",
            Self::HadaT1 => "hada_t1",
            Self::HadaT2 => "hada_t2",
            Self::KronW1 => "lokr_w1",
            Self::KronW1A => "lokr_w1_a",
            Self::KronW1B => "lokr_w1_b",
            Self::KronW2 => "lokr_w2",
            Self::KronW2A => "lokr_w2_a",
            Self::KronW2B => "lokr_w2_b",
            Self::KronT2 => "lokr_t2",
            Self::Channels => "weight",
            Self::OnInput => "on_input",
            Self::Difference => "diff",
            Self::BiasDifference => "diff_b",
            Self::NormDifference => "w_norm",
            Self::NormBiasDifference => "b_norm",
            Self::Magnitude => "dora_scale",
            Self::MagnitudeVector => "lora_magnitude_vector",
            Self::Alpha => "alpha",
            Self::Scale => "scale",
        }
    }
}

/// Endings of keys with what they mean. The first that fits is taken, so longer ones come first.
pub(super) const ENDINGS: [(&str, Role); 38] = [
    (".lora_linear_layer.down.weight", Role::Down),
    (".lora_linear_layer.up.weight", Role::Up),
    (".lora_A.default.weight", Role::Down),
    (".lora_B.default.weight", Role::Up),
    (".lora_down.weight", Role::Down),
    (".lora_up.weight", Role::Up),
    (".lora_mid.weight", Role::Mid),
    (".lora.down.weight", Role::Down),
    (".lora.up.weight", Role::Up),
    (".lora_A.weight", Role::Down),
    (".lora_B.weight", Role::Up),
    (LEGACY_DOWN, Role::Down),
    (LEGACY_UP, Role::Up),
    (
        ".lora_magnitude_vector.default.weight",
        Role::MagnitudeVector,
    ),
    (".lora_magnitude_vector.weight", Role::MagnitudeVector),
    (".lora_magnitude_vector", Role::MagnitudeVector),
    (".dora_scale", Role::Magnitude),
    (".hada_w1_a", Role::HadaW1A),
    (".hada_w1_b", Role::HadaW1B),
    (".hada_w2_a", Role::HadaW2A),
    (".hada_w2_b", Role::HadaW2B),
    (".hada_t1", Role::HadaT1),
    (".hada_t2", Role::HadaT2),
    (".lokr_w1_a", Role::KronW1A),
    (".lokr_w1_b", Role::KronW1B),
    (".lokr_w1", Role::KronW1),
    (".lokr_w2_a", Role::KronW2A),
    (".lokr_w2_b", Role::KronW2B),
    (".lokr_w2", Role::KronW2),
    (".lokr_t2", Role::KronT2),
    (".on_input", Role::OnInput),
    (".diff", Role::Difference),
    (".diff_b", Role::BiasDifference),
    (".w_norm", Role::NormDifference),
    (".b_norm", Role::NormBiasDifference),
    (".alpha", Role::Alpha),
    (".scale", Role::Scale),
    (PLAIN, Role::Channels),
];

/// Ending of diffusers' first files: `...attn1.processor.to_q_lora.down.weight`.
pub(super) const LEGACY_DOWN: &str = "_lora.down.weight";
/// As [`LEGACY_DOWN`].
pub(super) const LEGACY_UP: &str = "_lora.up.weight";
/// IA3's ending, which every weight has; it means IA3 behind kohya's prefixes only.
pub(super) const PLAIN: &str = ".weight";

/// Parts of keys that tell of a kind that is not read, with its name.
pub(super) const REFUSED: [(&str, &str); 18] = [
    ("boft", "BOFT"),
    ("oft_blocks", "OFT"),
    ("oft_diag", "OFT"),
    (".oft_", "OFT"),
    (".a1.weight", "GLoRA"),
    (".a2.weight", "GLoRA"),
    (".b1.weight", "GLoRA"),
    (".b2.weight", "GLoRA"),
    ("bundle_emb.", "embeddings inside a LoRA file"),
    ("custom_diffusion", "Custom Diffusion"),
    ("vera_lambda", "VeRA"),
    ("randlora_", "RandLoRA"),
    ("hra_u", "HRA"),
    (".ia3_l", "IA3 in PEFT's form"),
    ("lora_embedding_", "LoRA of an embedding table"),
    (".lora_A.bias", "LoRA with biases"),
    (".lora_B.bias", "LoRA with biases"),
    (".bias_indices", "sparse biases of LyCORIS"),
];

/// Parts of keys that tell of another model, with its name.
pub(super) const OTHER_MODELS: [(&str, &str); 37] = [
    ("distilled_guidance_layer", "Chroma"),
    ("double_layers", "AuraFlow"),
    ("double_stream_blocks", "HiDream"),
    ("encoder_hid_proj", "Kolors"),
    (
        "diffusion_model.transformer_blocks.",
        "a diffusion transformer (LTX or later)",
    ),
    (
        "lora_unet_transformer_blocks_",
        "a diffusion transformer (Qwen-Image, PixArt or later)",
    ),
    ("lora_unet_layers_", "Lumina or Z-Image"),
    ("lora_unet_blocks_", "Wan, Cosmos or another video model"),
    (
        "lycoris_transformer_",
        "a diffusion transformer (Stable Diffusion 3, Flux or later)",
    ),
    ("token_refiner", "HunyuanVideo"),
    ("single_transformer_blocks", "Flux or HunyuanVideo"),
    ("double_blocks", "Flux or HunyuanVideo"),
    ("single_blocks", "Flux or HunyuanVideo"),
    ("joint_blocks", "Stable Diffusion 3"),
    ("lora_te3_", "Stable Diffusion 3 or Flux"),
    (
        "transformer_blocks.0.attn.add_k_proj",
        "Stable Diffusion 3 or Flux",
    ),
    ("motion_module", "AnimateDiff"),
    ("lllite_", "ControlNet-LLLite"),
    ("control_model.", "ControlNet"),
    ("ip_adapter.", "IP-Adapter"),
    ("image_proj.", "IP-Adapter"),
    ("lora_prior_", "Stable Cascade or Kandinsky"),
    ("_attention_attn_out_proj", "Stable Cascade"),
    ("transformer_blocks.0.img_m", "Qwen-Image"),
    ("noise_refiner", "Lumina or Z-Image"),
    ("context_refiner", "Lumina or Z-Image"),
    ("lora_controlnet.", "a LoRA of ControlNet"),
    ("controlnet_", "ControlNet"),
    ("zero_conv", "ControlNet"),
    ("diffusion_model.layers.", "Lumina or Z-Image"),
    ("blocks.0.cross_attn", "Wan, Cosmos or another video model"),
    ("blocks_0_cross_attn", "Wan, Cosmos or another video model"),
    (
        "diffusion_model.blocks.",
        "Wan, Cosmos or another video model",
    ),
    ("model.layers.0.", "a language model"),
    (
        "transformer_blocks.0.attn.",
        "a diffusion transformer (Stable Diffusion 3, Flux or later)",
    ),
    (
        "transformer.transformer_blocks.",
        "a diffusion transformer (PixArt, LTX, Sana or later)",
    ),
    (
        "lora_transformer_",
        "a diffusion transformer (Stable Diffusion 3, Flux or later)",
    ),
];
