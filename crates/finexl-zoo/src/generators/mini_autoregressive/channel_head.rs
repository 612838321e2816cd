//! The channels of a position, one after the other.

use super::TokenShape;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor, TensorData};

/// Logits of the levels of every channel, given the channels before it at the same position:
///
/// `logits_c = V_c silu(W h + b_c + sum over c' < c of E_c'[value_c']) + d_c`
///
/// the neural autoregressive distribution estimator (NADE, Larochelle and Murray 2011) with a state `h`
/// from the positions before.
#[derive(Module, Debug)]
pub struct ChannelHead {
    /// `W`, `[width, inner]`, without bias.
    pub(super) hidden: Linear,
    /// `b`, `[channels, inner]`
    pub(super) channels: Param<Tensor<2>>,
    /// `E`, `[channels, levels, inner]`; that of the last channel is never read.
    pub(super) codes: Param<Tensor<3>>,
    /// `V`, `[channels, inner, levels]`
    pub(super) output: Param<Tensor<3>>,
    /// `d`, `[channels, levels]`
    pub(super) bias: Param<Tensor<2>>,
}

impl ChannelHead {
    /// A head with fresh weights.
    pub fn new([width, inner]: [usize; 2], tokens: TokenShape, device: &Device) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        let TokenShape {
            channels, levels, ..
        } = tokens;
        Self {
            hidden: LinearConfig::new(width, inner)
                .with_bias(false)
                .init(device),
            channels: normal(0.1).init([channels, inner], device),
            codes: normal(0.1).init([channels, levels, inner], device),
            output: normal(0.02).init([channels, inner, levels], device),
            bias: Initializer::Zeros.init([channels, levels], device),
        }
    }

    /// All channels in one pass, each seeing those before it.
    ///
    /// # Shapes
    /// - states: `[n, positions, width]`
    /// - one_hot: `[n, positions, channels * levels]`
    /// - output: `[n, positions, channels, levels]`
    pub fn forward(&self, states: Tensor<3>, one_hot: Tensor<3>) -> Tensor<4> {
        let [n, positions, _] = states.dims();
        let [channels, inner, levels] = self.output.val().dims();
        let rows = n * positions;
        let before = one_hot
            .reshape([rows, channels * levels])
            .matmul(self.earlier_codes())
            .reshape([rows, channels, inner]);
        let own = self.hidden.forward(states).reshape([rows, 1, inner]);
        let state = before + own + self.channels.val().unsqueeze::<3>();
        let logits = silu(state).swap_dims(0, 1).matmul(self.output.val());
        let logits = logits.swap_dims(0, 1) + self.bias.val().unsqueeze::<3>();
        logits.reshape([n, positions, channels, levels])
    }

    /// What every value adds to the state of every channel behind its own,
    /// `[channels * levels, channels * inner]`.
    fn earlier_codes(&self) -> Tensor<2> {
        let codes = self.codes.val();
        let [channels, levels, inner] = codes.dims();
        let all = channels * levels;
        let earlier: Vec<f32> = (0..all)
            .flat_map(|row| (0..channels).map(move |c| f32::from(row / levels < c)))
            .collect();
        let earlier = TensorData::new(earlier, [all, channels, 1]);
        let earlier = Tensor::<3>::from_data(earlier, &codes.device());
        (codes.reshape([all, 1, inner]) * earlier).reshape([all, channels * inner])
    }
}
