//! Published encoders: what can be pulled, and weights that are recognised by their SHA-256.

use crate::transformer::Activation;

/// An encoder of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Repository, as given to `--encoder`.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Size of its weights in MB, rounded.
    pub megabytes: u32,
}

/// Encoders that are known to fit what is built here; any other of these architectures does too.
pub const PUBLISHED: [Published; 8] = [
    Published {
        name: "openai/clip-vit-base-patch32",
        description: "CLIP ViT-B/32, the encoder of the paper",
        megabytes: 605,
    },
    Published {
        name: "openai/clip-vit-base-patch16",
        description: "CLIP ViT-B/16",
        megabytes: 599,
    },
    Published {
        name: "openai/clip-vit-large-patch14",
        description: "CLIP ViT-L/14",
        megabytes: 1711,
    },
    Published {
        name: "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        description: "open_clip ViT-B/32, LAION-2B",
        megabytes: 605,
    },
    Published {
        name: "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
        description: "open_clip ViT-L/14, LAION-2B",
        megabytes: 1711,
    },
    Published {
        name: "google/siglip-base-patch16-224",
        description: "SigLIP B/16",
        megabytes: 813,
    },
    Published {
        name: "timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k",
        description: "EVA-02 CLIP B/16",
        megabytes: 600,
    },
    Published {
        name: "timm/eva02_large_patch14_clip_224.merged2b_s4b_b131k",
        description: "EVA-02 CLIP L/14",
        megabytes: 1712,
    },
];

/// SHA-256 of weights files whose activation is known whatever their config says.
const KNOWN: [(&str, Activation); 2] = [
    // openai/clip-vit-base-patch32, pytorch_model.bin
    (
        "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f",
        Activation::QuickGelu,
    ),
    // openai/clip-vit-large-patch14, model.safetensors
    (
        "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
        Activation::QuickGelu,
    ),
];

/// The activation of weights with a known SHA-256.
pub(super) fn known_activation(sha256: &str) -> Option<Activation> {
    let found = KNOWN.iter().find(|(known, _)| *known == sha256);
    found.map(|(_, activation)| *activation)
}
