//! The WGSL of the rules: every generic rule, instantiated for `f32`.
//!
//! `wgsl-rs` resolves a generic function's calls inside its own module only, and keeps no type arguments of
//! generic structs across modules. All rules here have one type parameter, `R`, and the device has one
//! scalar, so the whole program is assembled by substituting `f32` for `R` in the intermediate code of every
//! module in reach. Names of rules are therefore unique in the crate.

use std::collections::{HashMap, HashSet};

use wgsl_rs::{Source, ir};

/// The WGSL text of `sources` and of all that they import, each module once, with `R = f32`.
///
/// A module constant named in `constants` gets the value given there: a kernel for one model needs no
/// larger arrays than that model fills.
pub fn device_source(sources: &[&'static Source], constants: &[(&str, u32)]) -> String {
    let mut visited = HashSet::new();
    let mut items = Vec::new();
    let mut templates = Vec::new();
    for source in sources {
        collect(source, &mut visited, &mut items, &mut templates);
    }
    let scalar = f32_type();
    ir::substitute_items(&mut items, &HashMap::from([("R".to_owned(), scalar)]));
    unify_instances(&mut items, &templates);
    ir::deshadow_items(&mut items);
    let mut text = String::new();
    for item in &items {
        let replaced = match item {
            ir::Item::Const(constant) => {
                constants.iter().find(|(name, _)| constant.name == *name).map(|(name, value)| (*name, *value))
            }
            _ => None,
        };
        match replaced {
            Some((name, value)) => text.push_str(&format!("const {name}: u32 = {value}u;")),
            None => text.push_str(&ir::render_item(item)),
        }
        text.push('\n');
    }
    text
}

fn f32_type() -> ir::Type {
    ir::Type::Scalar(ir::ScalarType::F32)
}

/// One name for each instance. The renderer appends the type argument to a call of a generic function, so
/// the functions are called that; structs keep their names. A module that instantiates a template of its own
/// brings a second copy, which is dropped.
fn unify_instances(items: &mut Vec<ir::Item>, templates: &[&'static str]) {
    for template in templates {
        let (mangled, called) = (ir::mangle(&[template, "f32"]), format!("{template}_f32"));
        items.retain(|item| match item {
            ir::Item::Fn(function) => function.name != mangled && function.name != called,
            ir::Item::Struct(record) => record.name != mangled,
            _ => true,
        });
        let mut is_function = false;
        for item in items.iter_mut() {
            if let ir::Item::Fn(function) = item
                && function.name == *template
            {
                function.name = called.clone().into();
                is_function = true;
            }
        }
        ir::rename_items(items, &mangled, if is_function { &called } else { template });
    }
}

fn collect(
    source: &'static Source,
    visited: &mut HashSet<u64>,
    items: &mut Vec<ir::Item>,
    templates: &mut Vec<&'static str>,
) {
    if !visited.insert(source.id) {
        return;
    }
    for import in source.imports {
        collect(import, visited, items, templates);
    }
    items.extend((source.ir_constructor)().items);
    for template in source.templates {
        items.extend((template.ir_constructor)());
        templates.push(template.name);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::device_source;
    use wgsl_rs::Source;

    /// Fails with naga's explanation when the rules of `sources` are no valid WGSL.
    pub(crate) fn assert_transpiles(sources: &[&'static Source]) {
        let text = device_source(sources, &[]);
        let module = match naga::front::wgsl::parse_str(&text) {
            Ok(module) => module,
            Err(error) => panic!("{}\n{text}", error.emit_to_string(&text)),
        };
        let mut validator = naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::all(),
        );
        if let Err(error) = validator.validate(&module) {
            panic!("{}", error.emit_to_string(&text));
        }
    }

    #[test]
    fn vectors_are_valid_wgsl() {
        assert_transpiles(&[&crate::vector::rules::WGSL_SOURCE]);
    }

    #[test]
    fn the_smooth_dynamics_is_valid_wgsl() {
        assert_transpiles(&[
            &crate::dynamics::articulated_body::rules::WGSL_SOURCE,
            &crate::dynamics::bias::rules::WGSL_SOURCE,
            &crate::dynamics::factor::rules::WGSL_SOURCE,
            &crate::dynamics::imu::rules::WGSL_SOURCE,
            &crate::dynamics::integrator::rules::WGSL_SOURCE,
            &crate::dynamics::jacobian::rules::WGSL_SOURCE,
            &crate::dynamics::kinematics::rules::WGSL_SOURCE,
            &crate::dynamics::mass_matrix::rules::WGSL_SOURCE,
            &crate::dynamics::world_step::rules::WGSL_SOURCE,
        ]);
    }

    #[test]
    fn a_constant_is_replaced() {
        let text = device_source(&[&crate::capacity::rules::WGSL_SOURCE], &[("MAX_BODIES", 5)]);
        assert!(text.contains("const MAX_BODIES: u32 = 5u;"), "{text}");
    }
}
