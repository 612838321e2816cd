#![allow(clippy::unwrap_used)]
use super::*;
use crate::stable_diffusion::Base;
use crate::tensor_file::TensorFile;
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::Path;

const LAYER: &str = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
const PATH: &str = "a.safetensors";

/// A file in memory; every tensor is filled with one number.
#[derive(Default)]
struct File {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    metadata: HashMap<String, String>,
}

impl File {
    fn with(mut self, name: &str, shape: &[usize], value: f32) -> Self {
        let count: usize = shape.iter().product();
        let bytes = value.to_le_bytes().repeat(count);
        (self.tensors).push((name.to_string(), Dtype::F32, shape.to_vec(), bytes));
        self
    }

    fn bytes_of(mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Self {
        (self.tensors).push((name.to_string(), dtype, shape.to_vec(), bytes));
        self
    }

    fn says(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_string(), value.to_string());
        self
    }

    /// LoRA of rank 4 for a layer of 320 x 320.
    fn layer(self, alpha: f32) -> Self {
        self.with(&format!("{LAYER}.lora_up.weight"), &[320, 4], 0.5)
            .with(&format!("{LAYER}.lora_down.weight"), &[4, 320], 0.5)
            .with(&format!("{LAYER}.alpha"), &[], alpha)
    }

    fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, Some(self.metadata.clone())).unwrap()
    }

    /// The problems that are noted, or the message that refuses the file.
    fn problems(&self) -> Vec<String> {
        let bytes = self.bytes();
        match read(&bytes) {
            Ok(file) => file.problems,
            Err(message) => vec![message],
        }
    }
}

fn read(bytes: &[u8]) -> Result<LoraFile<'_>, String> {
    let path = Path::new(PATH);
    let file = TensorFile::parse(path, bytes).map_err(|e| e.to_string())?;
    LoraFile::read(path, &file, None).map_err(|e| e.to_string())
}

#[track_caller]
fn says(file: File, words: &[&str]) {
    let problems = file.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    for word in words {
        assert!(
            problems[0].contains(word),
            "{word:?} is missing in {problems:?}"
        );
    }
}

#[test]
fn a_layer_is_read_with_its_scale_and_its_place() {
    let bytes = File::default().layer(2.0).bytes();
    let file = read(&bytes).unwrap();
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert!(file.check(Path::new(PATH)).is_ok());
    // The layer is the same in both.
    assert_eq!(file.bases, [Base::Sd1, Base::Sd2]);
    let layer = &file.layers[0];
    assert_eq!(layer.scale.value, 0.5);
    let path = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    assert_eq!(layer.place.path(), path);
    let delta = layer.delta().unwrap().unwrap();
    assert_eq!((delta.len(), delta[7]), (320 * 320, 0.5));
}

#[test]
fn metadata_decide_what_shapes_leave_open() {
    let file = File::default()
        .layer(2.0)
        .says("ss_base_model_version", "sd_v2_v");
    let bytes = file.bytes();
    assert_eq!(read(&bytes).unwrap().bases, [Base::Sd2, Base::Sd1]);
    let context = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";
    let file = File::default()
        .layer(2.0)
        .with(&format!("{context}.lora_up.weight"), &[320, 1], 0.5)
        .with(&format!("{context}.lora_down.weight"), &[1, 768], 0.5)
        .says("ss_base_model_version", "sd_v2_v");
    let bytes = file.bytes();
    assert_eq!(read(&bytes).unwrap().bases, [Base::Sd1]);
}

#[test]
fn what_says_a_thing_twice_or_for_nothing_is_named() {
    const NORM: &str = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_norm1";
    let twice = (File::default().layer(2.0))
        .with(&format!("{NORM}.w_norm"), &[320], 0.1)
        .with(&format!("{NORM}.b_norm"), &[320], 0.1)
        .with(&format!("{NORM}.diff_b"), &[320], 0.2);
    says(twice, &[NORM, "two changes of its bias"]);
    const CONV: &str = "lora_unet_down_blocks_0_resnets_0_conv1";
    let lengths = (File::default().layer(2.0))
        .with(&format!("{CONV}.dora_scale"), &[320, 1, 1, 1], 1.0)
        .with(&format!("{CONV}.diff_b"), &[320], 0.2);
    says(lengths, &[CONV, "a magnitude, but no factors"]);
}

/// A text encoder is shared by models that have nothing else in common.
#[test]
fn another_models_file_with_a_known_text_encoder_is_refused() {
    let mut file = File::default();
    for block in 0..2 {
        let name = format!("lora_unet_double_blocks_{block}_img_attn_proj");
        file = file
            .with(&format!("{name}.lora_up.weight"), &[3072, 1], 0.1)
            .with(&format!("{name}.lora_down.weight"), &[1, 3072], 0.1);
    }
    let name = "lora_te1_text_model_encoder_layers_0_self_attn_q_proj";
    let file = file
        .with(&format!("{name}.lora_up.weight"), &[768, 1], 0.1)
        .with(&format!("{name}.lora_down.weight"), &[1, 768], 0.1);
    says(file, &["its keys are those of Flux"]);
}

#[test]
fn a_header_for_a_network_alone_gives_the_scale() {
    let name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    let file = File::default()
        .with(&format!("{name}.lora_B.weight"), &[320, 4], 0.5)
        .with(&format!("{name}.lora_A.weight"), &[4, 320], 0.5)
        .says("lora_adapter_metadata", r#"{"r": 4, "lora_alpha": 8}"#);
    let bytes = file.bytes();
    assert_eq!(read(&bytes).unwrap().layers[0].scale.value, 2.0);
}

#[test]
fn what_does_not_fit_is_named() {
    let file = || File::default().layer(2.0);
    says(
        file().with("lora_unet_mid.foo", &[1], 0.0),
        &["key lora_unet_mid.foo is not known"],
    );
    says(
        file().with("lora_unet_conv_inn.lora_up.weight", &[320, 1], 0.0),
        &["lora_unet_conv_inn", "lora_down (lora_A) is missing"],
    );
    let stranger = file()
        .with("lora_unet_conv_inn.lora_up.weight", &[320, 1], 0.0)
        .with("lora_unet_conv_inn.lora_down.weight", &[1, 36], 0.0);
    says(
        stranger,
        &["lora_unet_conv_inn is no layer of Stable Diffusion 1"],
    );
    let other_rank = File::default()
        .with(&format!("{LAYER}.lora_up.weight"), &[320, 8], 0.5)
        .with(&format!("{LAYER}.lora_down.weight"), &[4, 320], 0.5);
    says(other_rank, &["ranks disagree", "[320, 8]", "[4, 320]"]);
    let misshapen = file()
        .with("lora_unet_conv_in.lora_up.weight", &[320, 1], 0.0)
        .with("lora_unet_conv_in.lora_down.weight", &[1, 4, 1, 1], 0.0);
    says(
        misshapen,
        &[
            "lora_unet_conv_in",
            "320 x 4",
            "Stable Diffusion 1 that is 320 x 36",
        ],
    );
    let again = file()
        .with(
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight",
            &[1, 320],
            0.0,
        )
        .with(
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight",
            &[320, 1],
            0.0,
        );
    says(again, &["names the same layer"]);
    let bias = file().with("lora_unet_time_embedding_linear_1.diff_b", &[3], 0.0);
    says(bias, &["its bias has 3 numbers, the layer 1280"]);
    let mixed = file().with(&format!("{LAYER}.hada_w1_a"), &[320, 1], 0.0);
    says(mixed, &["mixes factors of two kinds", "hada_w1_a"]);
    let wide = File::default()
        .with("lora_unet_conv_out.lora_up.weight", &[4, 2049], 0.5)
        .with(
            "lora_unet_conv_out.lora_down.weight",
            &[2049, 320, 1, 1],
            0.5,
        );
    says(wide, &["rank is 2049"]);
    says(File::default().layer(0.0), &["alpha is 0"]);
    says(File::default().layer(f32::NAN), &["NaN"]);
}

#[test]
fn precisions_and_kinds_that_are_not_read_are_named() {
    let narrow = File::default()
        .bytes_of(
            &format!("{LAYER}.lora_up.weight"),
            Dtype::F8_E4M3,
            &[320, 1],
            vec![0; 320],
        )
        .with(&format!("{LAYER}.lora_down.weight"), &[1, 320], 0.5);
    says(narrow, &["f8_e4m3", LAYER]);
    let file = || File::default().layer(2.0);
    for (key, kind) in [
        ("lora_unet_conv_in.oft_blocks", "OFT"),
        ("lora_unet_conv_in.boft_blocks", "BOFT"),
        ("lora_unet_conv_in.a1.weight", "GLoRA"),
        ("bundle_emb.cat.string_to_param.*", "embeddings inside"),
        ("base_model.model.conv_in.ia3_l", "IA3 in PEFT's form"),
    ] {
        says(file().with(key, &[4], 0.0), &[kind, key, "not read"]);
    }
}

#[test]
fn files_of_other_models_are_refused_with_what_was_found() {
    let flux = File::default()
        .with(
            "lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight",
            &[9, 1],
            0.0,
        )
        .with(
            "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight",
            &[1, 3],
            0.0,
        );
    says(flux, &["Flux", "double_blocks"]);
    let unknown = File::default()
        .with("base_model.model.x.lora_B.weight", &[9, 1], 0.0)
        .with("base_model.model.x.lora_A.weight", &[1, 3], 0.0);
    says(unknown, &["none of its 1 layers"]);
    let nothing = read(b"\x08\0\0\0\0\0\0\0{}      ").unwrap_err();
    assert!(nothing.contains("no tensors"), "{nothing}");
    let other = File::default().with("x", &[3, 3], 0.0);
    says(other, &["no adapter that is known", "first key is x"]);
    let empty = File::default()
        .with(&format!("{LAYER}.lora_up.weight"), &[320, 0], 0.5)
        .with(&format!("{LAYER}.lora_down.weight"), &[0, 320], 0.5);
    says(empty, &["holds no numbers"]);
}

/// A few bytes of factors could otherwise ask for more memory than there is.
#[test]
fn weights_of_own_generators_are_no_larger_than_those_are() {
    let file = File::default()
        .with("base_model.model.a.lora_B.weight", &[200_000, 1], 0.0)
        .with("base_model.model.a.lora_A.weight", &[1, 3], 0.0)
        .says("finexl.base-sha256", "ab");
    says(file, &["200000 x 3", "larger than any"]);
}

#[test]
fn cut_off_files_and_pickles_are_refused() {
    let bytes = File::default().layer(2.0).bytes();
    for length in [0, 7, 20, bytes.len() - 1] {
        let message = read(&bytes[..length]).unwrap_err();
        assert!(message.contains("no whole safetensors file"), "{message}");
    }
    for start in [&b"PK\x03\x04archive/data.pkl"[..], b"\x80\x02}q"] {
        assert!(read(start).unwrap_err().contains("PyTorch file"));
    }
}

#[test]
fn a_header_of_peft_is_held_to_the_tensors() {
    let key = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    let file = |text: &str| {
        File::default()
            .with(&format!("{key}.lora_A.weight"), &[4, 320], 0.0)
            .with(&format!("{key}.lora_B.weight"), &[320, 4], 0.0)
            .says("lora_adapter_metadata", text)
    };
    let bytes = file(r#"{"unet.r": 4, "unet.lora_alpha": 2}"#).bytes();
    assert_eq!(read(&bytes).unwrap().layers[0].scale.value, 0.5);
    let other = file(r#"{"unet.r": 8, "unet.lora_alpha": 2}"#);
    says(other, &["rank 4", "config says 8"]);
    says(file("no JSON"), &["lora_adapter_metadata"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    /// Keys of all endings, shapes that need not fit.
    #[test]
    fn any_tensors_are_read_or_refused(
        tensors in prop::collection::btree_map(
            ("(lora_unet_|unet\\.|base_model\\.model\\.|lora_te_)(conv_in|mid_block\\.resnets\\.0\\.conv1|x)",
                0..super::role::ENDINGS.len()),
            prop::collection::vec(0usize..5, 0..5),
            0..12,
        )
    ) {
        let file = tensors.iter().fold(File::default(), |file, ((key, ending), shape)| {
            file.with(&format!("{key}{}", super::role::ENDINGS[*ending].0), shape, 1.0)
        });
        let bytes = file.bytes();
        if let Ok(file) = read(&bytes) {
            for layer in &file.layers {
                let _ = layer.delta();
            }
        }
    }
}
