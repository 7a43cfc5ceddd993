//! The registered grids and what they can be built with.

use pentathlon_gym::{BuildOptions, ContextParameter, Error, OptionSpec};

use super::layout::Layout;
use crate::given_option::GivenOption;

/// The four rooms.
pub const FOUR_ROOMS: &str = "GridRooms-FourRooms-v0";
/// The open square.
pub const OPEN: &str = "GridRooms-Open-v0";

/// Cells that can be given, and that are drawn at every reset where they are not.
const PLACES: [(&str, &str); 4] = [
    ("start_x", "Column in which the agent starts; -1 draws the start."),
    ("start_y", "Row in which the agent starts; -1 draws the start."),
    ("goal_x", "Column of the goal; -1 draws the goal."),
    ("goal_y", "Row of the goal; -1 draws the goal."),
];

/// How a grid is built.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomsOptions {
    /// Walls.
    pub layout: Layout,
    /// Chance that a step goes to a free neighbouring cell drawn at random instead, 0 to 1.
    pub slip: f64,
    /// Whether there is a goal.
    pub has_goal: bool,
    /// Column and row of start and goal, -1 for drawn ones.
    pub places: [i64; 4],
}

impl RoomsOptions {
    /// The grid registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// An id that is not registered, an option that there is not or that has a bad value.
    pub fn read(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        let (mut side, least) = match id {
            FOUR_ROOMS => (13, 7),
            OPEN => (30, 2),
            _ => return Err(Error::UnknownId { id: id.into(), nearest: Vec::new() }),
        };
        let (mut slip, mut has_goal, mut places) = (0.0, id == FOUR_ROOMS, [-1; 4]);
        // The size first: it says which places there are.
        if let Some(value) = build.options.get("size") {
            side = GivenOption { id, name: "size", value }.whole(least, 256)?;
        }
        for (name, value) in &build.options {
            let given = GivenOption { id, name, value };
            match name.as_str() {
                "size" => {}
                "slip" => slip = given.number(0.0, 1.0)?,
                "goal" => has_goal = given.flag()?,
                _ => match PLACES.iter().position(|(place, _)| place == name) {
                    Some(place) => places[place] = given.whole(-1, side - 1)?,
                    None => {
                        return Err(Error::UnknownOption {
                            id: id.into(),
                            option: name.clone(),
                            available: Self::specs(id).into_iter().map(|option| option.name).collect(),
                        });
                    }
                },
            }
        }
        let side = side as usize;
        let layout = if id == FOUR_ROOMS { Layout::four_rooms(side) } else { Layout::open(side) };
        Ok(Self { layout, slip, has_goal, places })
    }

    /// The options of the grid registered as `id`.
    pub fn specs(id: &str) -> Vec<OptionSpec> {
        let option = |name: &str, default: &str, description: &str| OptionSpec {
            name: name.into(),
            default: default.into(),
            description: description.into(),
        };
        let (side, goal) = if id == FOUR_ROOMS { ("13", "true") } else { ("30", "false") };
        let mut specs = vec![
            option("size", side, "Cells in a row, and rows; walls included. At most 256."),
            option(
                "slip",
                "0",
                "Chance that a step goes to a free neighbouring cell drawn at random instead.",
            ),
            option("goal", goal, "Whether there is a goal, which pays 1 and ends the episode."),
        ];
        specs.extend(PLACES.iter().map(|(name, description)| option(name, "-1", description)));
        specs
    }

    /// The parameters that can be set for every environment at a reset; by default what the options say.
    pub fn context(&self) -> Vec<ContextParameter> {
        let high = self.layout.side() as f32 - 1.0;
        PLACES
            .iter()
            .zip(self.places)
            .map(|((name, description), place)| ContextParameter {
                name: (*name).into(),
                low: -1.0,
                high,
                default: place as f32,
                integer: true,
                description: (*description).into(),
            })
            .collect()
    }
}
