//! A policy that looks at the cells of a view in the light of an instruction: the features of every cell are
//! scaled and shifted by what the instruction asks for, then combined, so that "is this the red ball that I am to
//! go to" is one feature of a cell. Feature-wise linear modulation (FiLM, Perez et al., AAAI 2018), as the networks
//! of the BabyAI paper use it.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Tensor, activation::relu};
use pentathlon_gym::seeding::philox::Philox;

use super::input_layer::RowRange;
use super::{CELL_KINDS, orthogonal};
use super::{EncodedRows, Input, ObservationLayout};
use crate::Error;

/// Gain of layers that are followed by a rectifier.
const GAIN: f64 = std::f64::consts::SQRT_2;
/// Gain of what the instruction does to the features: little, at first.
const MODULATION_GAIN: f64 = 0.3;
/// Gain of the last layer: the first policy is almost uniform.
const POLICY_GAIN: f64 = 0.01;

/// Logits of the actions for a view and an instruction.
#[derive(Module, Debug)]
pub struct InstructedPolicy {
    /// Features of every kind of cell, `[CELL_KINDS, features]`.
    cells: Embedding,
    /// For every whole number beside the view, what each value adds to scale and shift,
    /// `[values, 2 * features]`.
    modulations: Vec<Embedding>,
    /// What each cell's modulated features are together, `[features, combined]`: the same for all cells.
    combine: Linear,
    /// The combined features of all cells, then the hidden layers.
    layers: Vec<Linear>,
    policy: Linear,
}

impl InstructedPolicy {
    /// A network with random parameters drawn from `random`: `features` for each cell, `combined` features of
    /// those, then rectified layers of the widths `hidden`.
    ///
    /// # Errors
    /// A layout that is not one grid of cells and otherwise whole numbers.
    pub fn new(
        layout: &ObservationLayout,
        [features, combined]: [usize; 2],
        hidden: &[usize],
        random: &mut Philox,
        device: &Device,
    ) -> Result<Self, Error> {
        let (mut grids, mut modulations) = (Vec::new(), Vec::new());
        for (name, input) in &layout.inputs {
            match input {
                Input::Cells { cells, .. } => grids.push(*cells),
                Input::Category { n, .. } => modulations.extend(
                    n.iter()
                        .map(|&n| orthogonal::embedding(random, [n, 2 * features], MODULATION_GAIN, device)),
                ),
                _ => return Err(unsupported(&format!("'{name}' is neither cells nor whole numbers"))),
            }
        }
        let [cells] = grids[..] else {
            return Err(unsupported(&format!("it sees {} grids of cells, not one", grids.len())));
        };
        let widths: Vec<usize> = [cells * combined].into_iter().chain(hidden.iter().copied()).collect();
        let last = widths[widths.len() - 1];
        Ok(Self {
            cells: orthogonal::embedding(random, [CELL_KINDS, features], GAIN, device),
            modulations,
            combine: orthogonal::linear(random, [features, combined], GAIN, device),
            layers: widths
                .windows(2)
                .map(|pair| orthogonal::linear(random, [pair[0], pair[1]], GAIN, device))
                .collect(),
            policy: orthogonal::linear(random, [last, layout.actions], POLICY_GAIN, device),
        })
    }

    /// Logits of the rows in `range`, `[rows, actions]`.
    pub fn forward(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
    ) -> Tensor<2> {
        let device = self.policy.weight.device();
        let part = RowRange { layout, rows, range, device: &device };
        let table = self.cells.weight.val();
        let features = table.dims()[1];
        let (mut view, mut modulation) = (None, None::<Tensor<2>>);
        let mut tables = self.modulations.iter();
        for (_, input) in &layout.inputs {
            match input {
                Input::Cells { at, cells } => {
                    let shown = table.clone().select(0, part.indices(*at, *cells));
                    view = Some(shown.reshape([part.len(), *cells, features]));
                }
                Input::Category { at, n, .. } => {
                    for (offset, table) in (0..n.len()).zip(&mut tables) {
                        let term = table.weight.val().select(0, part.indices(at + offset, 1));
                        modulation = Some(match modulation {
                            Some(sum) => term.add(sum),
                            None => term,
                        });
                    }
                }
                _ => {}
            }
        }
        let view: Tensor<3> = view.expect("a layout that it was made for has cells");
        let cells = view.dims()[1];
        let lit = match modulation {
            Some(modulation) => {
                let [scale, shift] = [0, features].map(|from| {
                    let part_of = modulation.clone().slice([0..part.len(), from..from + features]);
                    part_of.reshape([part.len(), 1, features])
                });
                view.clone().mul(scale.add_scalar(1.0)).add(shift)
            }
            None => view,
        };
        let combined = relu(self.combine.forward(relu(lit)));
        let width = cells * combined.dims()[2];
        let flat = combined.reshape([part.len(), width]);
        let hidden = self.layers.iter().fold(flat, |values, layer| relu(layer.forward(values)));
        self.policy.forward(hidden)
    }
}

fn unsupported(reason: &str) -> Error {
    Error::Unsupported { id: String::from("demonstrations"), reason: reason.to_owned() }
}
