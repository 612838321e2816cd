//! Attention of several heads.

use super::mix::{Sizes, mix};
use super::plain::{plain, tensor};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Tensor, TensorData};

/// Softmax attention; keys and values may be of another length than queries.
///
/// # Shapes
/// - queries: `[n, length, width]`
/// - keys, values: `[n, seen, width]`
/// - output: `[n, length, width]`
pub fn attend([queries, keys, values]: [Tensor<3>; 3], heads: usize) -> Tensor<3> {
    if let Some(mixed) = on_processor([&queries, &keys, &values], heads, false) {
        return mixed;
    }
    mixed([queries, keys, values], heads, None)
}

/// The same where a place sees itself and those before it.
pub fn attend_causally([queries, keys, values]: [Tensor<3>; 3], heads: usize) -> Tensor<3> {
    if let Some(mixed) = on_processor([&queries, &keys, &values], heads, true) {
        return mixed;
    }
    let [_, length, _] = queries.dims();
    let hidden: Vec<bool> = (0..length * length)
        .map(|at| at % length > at / length)
        .collect();
    let data = TensorData::new(hidden, [1, 1, length, length]);
    let mask = Tensor::<4, Bool>::from_data(data, &queries.device());
    mixed([queries, keys, values], heads, Some(mask))
}

fn mixed(qkv: [Tensor<3>; 3], heads: usize, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
    let [n, length, width] = qkv[0].dims();
    let [queries, keys, values] = qkv.map(|x| {
        let [n, length, width] = x.dims();
        x.reshape([n, length, heads, width / heads]).swap_dims(1, 2)
    });
    let mask = mask.map(|mask| mask.expand([n, heads, length, length]));
    let options = AttentionModuleOptions::default();
    let mixed = attention(queries, keys, values, mask, None, options);
    mixed.swap_dims(1, 2).reshape([n, length, width])
}

fn on_processor(qkv: [&Tensor<3>; 3], heads: usize, causal: bool) -> Option<Tensor<3>> {
    let [n, length, width] = qkv[0].dims();
    let sizes = Sizes {
        n,
        length,
        seen: qkv[1].dims()[1],
        width,
        heads,
        causal,
    };
    let [queries, keys, values] = qkv.map(|x| plain(x).and_then(|x| x.in_rows()));
    let (queries, keys, values) = (queries?, keys?, values?);
    let mixed = mix(
        [queries.singles(), keys.singles(), values.singles()],
        &sizes,
    );
    Some(tensor(mixed, [n, length, width]))
}
