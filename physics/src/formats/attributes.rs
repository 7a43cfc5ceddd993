//! Attributes of XML elements: which ones an element may have, and what may stand in them.
//!
//! The crates that read MJCF and URDF pass over what they do not know. Here every attribute is either known, with
//! what is allowed in it, or refused with its element and line.

use roxmltree::Node;

use super::FormatError;

/// What may stand in an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) enum Allowed {
    /// Any text: names, and what is only looked at.
    Text,
    /// So many finite numbers, each at least so large.
    Numbers { fewest: usize, most: usize, least: f64 },
    /// So many finite numbers, not all of them zero: a direction, a quaternion.
    Direction(usize),
    /// Whole numbers from zero on.
    Counts { most: usize },
    /// One of these words.
    Words(&'static [&'static str]),
    /// Nothing but these numbers, because another value asks for what the reason says is missing.
    Only { numbers: &'static [f64], reason: &'static str },
    /// Softness of constraints: nothing but these numbers, unless the caller lets softness go.
    Softness(&'static [f64]),
}

/// An attribute by name.
pub(super) type Attribute = (&'static str, Allowed);

/// One finite number.
pub(super) const NUMBER: Allowed = numbers(1);
/// One number, zero or more.
pub(super) const NOT_NEGATIVE: Allowed = Allowed::Numbers { fewest: 1, most: 1, least: 0.0 };

/// So many finite numbers.
pub(super) const fn numbers(count: usize) -> Allowed {
    Allowed::Numbers { fewest: count, most: count, least: f64::NEG_INFINITY }
}

/// `true` or `false`.
pub(super) const BOOLEAN: Allowed = Allowed::Words(&["true", "false"]);

/// Checks all attributes of `node` against `known`. With `ignore_softness` softness may be anything.
pub(super) fn check(node: Node, known: &[&[Attribute]], ignore_softness: bool) -> Result<(), FormatError> {
    for attribute in node.attributes() {
        let name = attribute.name();
        let mut all = known.iter().copied().flatten();
        let Some((_, allowed)) = all.find(|(known, _)| *known == name) else {
            let names: Vec<&str> = known.iter().copied().flatten().map(|(name, _)| *name).collect();
            let may = match names.as_slice() {
                [] => "it takes no attributes".to_owned(),
                names => format!("it may have {}", names.join(", ")),
            };
            return Err(refused(
                node,
                &format!("{} is not supported; {may}", shown(name, attribute.value())),
            ));
        };
        if let Some(needed) = allowed.lacks(attribute.value(), ignore_softness) {
            return Err(refused(node, &format!("{}: {needed}", shown(name, attribute.value()))));
        }
    }
    Ok(())
}

/// Checks those attributes of `node` that are `known`, and lets the others be.
pub(super) fn check_known(node: Node, known: &[Attribute]) -> Result<(), FormatError> {
    for (name, allowed) in known {
        let value = node.attribute(*name);
        if let Some((value, needed)) = value.and_then(|value| Some((value, allowed.lacks(value, false)?))) {
            return Err(refused(node, &format!("{}: {needed}", shown(name, value))));
        }
    }
    Ok(())
}

/// Refuses `node` where it has not the attribute `name`.
pub(super) fn require(node: Node, name: &str) -> Result<(), FormatError> {
    match node.attribute(name) {
        Some(_) => Ok(()),
        None => Err(refused(node, &format!("its attribute {name} is missing"))),
    }
}

/// The child elements.
pub(super) fn elements<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(Node::is_element)
}

/// An error that names `node` by its line, tag and name, or by the nearest name around it.
pub(super) fn refused(node: Node, reason: &str) -> FormatError {
    FormatError::unsupported(element_of(node), reason)
}

/// The line, tag and name of `node`, or the nearest name around it.
pub(super) fn element_of(node: Node) -> String {
    let line = node.document().text_pos_at(node.range().start).row;
    let outer = node.ancestors().skip(1).find(|outer| outer.is_element() && outer.has_attribute("name"));
    match outer.filter(|_| !node.has_attribute("name")) {
        Some(outer) => format!("line {line}: {} in {}", tag(node), tag(outer)),
        None => format!("line {line}: {}", tag(node)),
    }
}

/// The beginning of an element with nothing but its name.
pub(super) fn tag(node: Node) -> String {
    match node.attribute("name") {
        Some(name) => format!("<{} name=\"{name}\">", node.tag_name().name()),
        None => format!("<{}>", node.tag_name().name()),
    }
}

/// `name="value"`, cut where it is long.
fn shown(name: &str, value: &str) -> String {
    let mut short: String = value.chars().take(60).collect();
    if short.len() < value.len() {
        short += "...";
    }
    format!("{name}=\"{short}\"")
}

/// The numbers in a text; `None` where one is none, or not finite.
fn parsed(value: &str) -> Option<Vec<f64>> {
    value.split_whitespace().map(|word| word.parse().ok().filter(|number: &f64| number.is_finite())).collect()
}

impl Allowed {
    /// What `value` should be, where it is not.
    fn lacks(self, value: &str, ignore_softness: bool) -> Option<String> {
        let list = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        match self {
            Self::Text => None,
            Self::Numbers { fewest, most, least } => {
                let holds = parsed(value).is_some_and(|numbers| {
                    (fewest..=most).contains(&numbers.len()) && numbers.iter().all(|number| *number >= least)
                });
                let count = match (fewest, most) {
                    (1, 1) => "one finite number".to_owned(),
                    (fewest, most) if fewest == most => format!("{fewest} finite numbers"),
                    (fewest, most) => format!("{fewest} to {most} finite numbers"),
                };
                let bound =
                    if least.is_finite() { format!(", not less than {least}") } else { String::new() };
                (!holds).then(|| format!("{count} must stand there{bound}"))
            }
            Self::Direction(count) => {
                let holds = parsed(value).is_some_and(|numbers| {
                    numbers.len() == count && numbers.iter().any(|number| *number != 0.0)
                });
                (!holds).then(|| format!("{count} finite numbers must stand there, not all zero"))
            }
            Self::Counts { most } => {
                let words: Vec<&str> = value.split_whitespace().collect();
                let holds =
                    (1..=most).contains(&words.len()) && words.iter().all(|word| word.parse::<u32>().is_ok());
                let count = if most == 1 {
                    "a whole number".to_owned()
                } else {
                    format!("1 to {most} whole numbers")
                };
                (!holds).then(|| format!("{count} from 0 on must stand there"))
            }
            Self::Words(words) => {
                (!words.contains(&value.trim())).then(|| format!("allowed is {}", words.join(", ")))
            }
            Self::Only { numbers, reason } => {
                let holds = parsed(value).is_some_and(|found| found == numbers);
                (!holds).then(|| format!("{reason}; allowed is {}", list(numbers)))
            }
            Self::Softness(default) => {
                let Some(found) = parsed(value) else {
                    return Some("finite numbers must stand there".to_owned());
                };
                let holds = ignore_softness || found == default[..found.len().min(default.len())];
                (!holds).then(|| {
                    format!(
                        "the softness of single contacts and limits is not supported, it is one setting of all worlds \
                         (ContactOptions); allowed is MuJoCo's default {}, or anything with ignore_softness",
                        list(default)
                    )
                })
            }
        }
    }
}
