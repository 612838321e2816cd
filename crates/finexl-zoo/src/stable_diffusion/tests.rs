#![allow(clippy::unwrap_used)]
use super::*;
use std::collections::BTreeSet;

fn parameters(base: Base, part: Part) -> usize {
    let layers = layers(base).iter().filter(|layer| layer.part == part);
    layers.map(Layer::parameters).sum()
}

/// The counts that the published weights have.
#[test]
fn the_lists_have_as_many_parameters_as_the_models() {
    assert_eq!(parameters(Base::Sd1, Part::Unet), 859_520_964);
    assert_eq!(parameters(Base::Sd2, Part::Unet), 865_910_724);
    assert_eq!(parameters(Base::Xl, Part::Unet), 2_567_463_684);
    assert_eq!(parameters(Base::Sd1, Part::TextEncoder), 123_060_480);
    assert_eq!(parameters(Base::Sd2, Part::TextEncoder), 340_387_840);
    assert_eq!(parameters(Base::Xl, Part::TextEncoder2), 694_659_840);
}

#[test]
fn no_two_layers_share_a_name() {
    for base in Base::ALL {
        for part in base.parts() {
            let mut names = BTreeSet::new();
            let mut count = 0;
            for layer in layers(base).iter().filter(|layer| layer.part == *part) {
                let mut own = BTreeSet::from([flatten(&layer.path)]);
                own.extend(layer.sgm.as_deref().map(flatten));
                own.extend(layer.path.strip_prefix("text_model.").map(flatten));
                count += own.len();
                for name in own {
                    assert_eq!(layer_named(base, *part, &name), Some(layer));
                    names.insert(name);
                }
            }
            assert_eq!(names.len(), count, "{base}");
        }
    }
}

#[test]
fn both_names_of_a_layer_lead_to_it() {
    let pairs = [
        (
            Base::Xl,
            "input_blocks_4_1_transformer_blocks_1_attn2_to_k",
            "down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k",
        ),
        (
            Base::Xl,
            "middle_block_2_in_layers_2",
            "mid_block.resnets.1.conv1",
        ),
        (
            Base::Xl,
            "output_blocks_2_2_conv",
            "up_blocks.0.upsamplers.0.conv",
        ),
        (Base::Xl, "label_emb_0_2", "add_embedding.linear_2"),
        (
            Base::Sd1,
            "output_blocks_2_1_conv",
            "up_blocks.0.upsamplers.0.conv",
        ),
        (
            Base::Sd1,
            "input_blocks_3_0_op",
            "down_blocks.0.downsamplers.0.conv",
        ),
        (Base::Sd2, "out_2", "conv_out"),
        (
            Base::Sd1,
            "output_blocks_11_0_skip_connection",
            "up_blocks.3.resnets.2.conv_shortcut",
        ),
    ];
    for (base, sgm, path) in pairs {
        assert_eq!(layer_named(base, Part::Unet, sgm).unwrap().path, path);
        let flat = flatten(path);
        assert_eq!(layer_named(base, Part::Unet, &flat).unwrap().path, path);
    }
    assert!(layer_named(Base::Sd1, Part::TextEncoder2, "text_projection").is_none());
}

/// The layers that kohya's trainer adapts by default: every Linear of attention blocks, and the
/// projections around them.
#[test]
fn the_usual_files_have_the_usual_number_of_layers() {
    for (base, unet, text) in [
        (Base::Sd1, 192, 72),
        (Base::Sd2, 192, 138),
        (Base::Xl, 722, 72),
    ] {
        let usual = |layer: &&Layer| !matches!(layer.place, Place::Convolution | Place::Other);
        let count = |part| {
            let layers = layers(base).iter().filter(|layer| layer.part == part);
            layers.filter(usual).count()
        };
        assert_eq!(count(Part::Unet), unet);
        assert_eq!(count(Part::TextEncoder), text);
    }
}

#[test]
fn openclip_says_the_same_in_other_names() {
    let one = |path: &str, bias, transposed| {
        Some(OpenClipName::One {
            path: path.to_string(),
            bias,
            transposed,
        })
    };
    assert_eq!(
        openclip_name("transformer.resblocks.7.mlp.c_proj.bias"),
        one("text_model.encoder.layers.7.mlp.fc2", true, false)
    );
    assert_eq!(
        openclip_name("text_projection"),
        one("text_projection", false, true)
    );
    let Some(OpenClipName::Three { paths, bias: true }) =
        openclip_name("transformer.resblocks.0.attn.in_proj_bias")
    else {
        unreachable!("three in one");
    };
    assert_eq!(paths[2], "text_model.encoder.layers.0.self_attn.v_proj");
    assert_eq!(openclip_name("transformer.resblocks.x.ln_1.weight"), None);
    assert_eq!(openclip_name("visual.proj"), None);
}
