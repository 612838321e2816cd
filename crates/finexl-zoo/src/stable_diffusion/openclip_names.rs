//! The layers of text encoders in OpenCLIP's names, as single files of SD 2 and XL hold them.

/// What a tensor of OpenCLIP's text encoder is in transformers' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenClipName {
    /// A tensor of one layer.
    One {
        /// The layer's path.
        path: String,
        /// Whether it is the bias.
        bias: bool,
        /// Whether it is stored with rows and columns exchanged.
        transposed: bool,
    },
    /// Query, key and value in one tensor, in this order.
    Three {
        /// Their paths.
        paths: [String; 3],
        /// Whether it is the bias.
        bias: bool,
    },
    /// A tensor that takes no part in drawing.
    Unused,
}

/// Reads a name without the network's prefix; `None` for one that OpenCLIP does not have.
pub fn openclip_name(name: &str) -> Option<OpenClipName> {
    let one = |path: String, bias| OpenClipName::One {
        path,
        bias,
        transposed: false,
    };
    match name {
        "logit_scale" | "attn_mask" => return Some(OpenClipName::Unused),
        "token_embedding.weight" => {
            return Some(one("text_model.embeddings.token_embedding".into(), false));
        }
        "positional_embedding" => {
            return Some(one(
                "text_model.embeddings.position_embedding".into(),
                false,
            ));
        }
        "ln_final.weight" | "ln_final.bias" => {
            let bias = name.ends_with("bias");
            return Some(one("text_model.final_layer_norm".into(), bias));
        }
        "text_projection" => {
            return Some(OpenClipName::One {
                path: "text_projection".into(),
                bias: false,
                transposed: true,
            });
        }
        _ => {}
    }
    let rest = name.strip_prefix("transformer.resblocks.")?;
    let (layer, rest) = rest.split_once('.')?;
    layer.parse::<u8>().ok()?;
    let path = |inner: &str| format!("text_model.encoder.layers.{layer}.{inner}");
    if let "attn.in_proj_weight" | "attn.in_proj_bias" = rest {
        let paths = ["q_proj", "k_proj", "v_proj"].map(|name| path(&format!("self_attn.{name}")));
        let bias = rest.ends_with("bias");
        return Some(OpenClipName::Three { paths, bias });
    }
    let (inner, kind) = rest.rsplit_once('.')?;
    let bias = match kind {
        "weight" => false,
        "bias" => true,
        _ => return None,
    };
    let inner = match inner {
        "ln_1" => "layer_norm1",
        "ln_2" => "layer_norm2",
        "attn.out_proj" => "self_attn.out_proj",
        "mlp.c_fc" => "mlp.fc1",
        "mlp.c_proj" => "mlp.fc2",
        _ => return None,
    };
    Some(one(path(inner), bias))
}
