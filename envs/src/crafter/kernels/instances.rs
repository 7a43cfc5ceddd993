//! The rules as a kernel has them: every generic function over a stream of numbers and over stored words.
//!
//! The transpiler instantiates the generic functions that a kernel's own module names, and those that these
//! call in their own modules, but not the ones that lie in a third module; and it gives names with
//! underscores another form where a function is defined than where it is called by another generic one. So
//! all instances are named here, and [`linked`] makes the names agree.

/// A function that is never called: it names every instance.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod rules {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::arrow::rules::*;
    use crate::crafter::rules::chunks::rules::*;
    use crate::crafter::rules::cow::rules::*;
    use crate::crafter::rules::crafting::rules::*;
    use crate::crafter::rules::interaction::rules::*;
    use crate::crafter::rules::objects::rules::*;
    use crate::crafter::rules::phases::rules::*;
    use crate::crafter::rules::placing::rules::*;
    use crate::crafter::rules::plant::rules::*;
    use crate::crafter::rules::player::rules::*;
    use crate::crafter::rules::population::rules::*;
    use crate::crafter::rules::settlement::rules::*;
    use crate::crafter::rules::skeleton::rules::*;
    use crate::crafter::rules::team::rules::*;
    use crate::crafter::rules::vitals::rules::*;
    use crate::crafter::rules::world::rules::*;
    use crate::crafter::rules::zombie::rules::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    pub fn name_instances(draws: ptr!(function, Stream), world: ptr!(function, Stored), at: u32, x: i32) {
        let object = object_of(at);
        let _used1 = tile_at::<Stored>(world, x, x);
        set_tile::<Stored>(world, x, x, at);
        let _used2 = is_free::<Stored>(world, x, x, at);
        let _used3 = player_x::<Stored>(world, at);
        let _used4 = player_y::<Stored>(world, at);
        let _used5 = item_count::<Stored>(world, at, at);
        set_item::<Stored>(world, at, at, at);
        hurt_player::<Stored>(world, at, at);
        achieve::<Stored>(world, at, at);
        let _used6 = nearest_player::<Stored>(world, x, x);
        let _used7 = distance_to_players::<Stored>(world, x, x);
        set_material::<Stored>(world, x, x, at);
        enter::<Stored>(world, x, x, at);
        leave::<Stored>(world, x, x, at);
        let _used8 = object_place::<Stored>(world, at);
        let _used9 = add_object::<Stored>(world, object, at);
        remove_object::<Stored>(world, at, object);
        let _used10 = relocate::<Stored>(world, at, object, x, x);
        let _used11 = wander::<Stored>(world, at, object, true, x, x);
        let _used12 = find_object::<Stored>(world, x, x);
        let _used13 = find_player::<Stored>(world, x, x);
        close_up::<Stored>(world);
        update_cow::<Stream, Stored>(draws, world, at, object);
        update_zombie::<Stream, Stored>(draws, world, at, object);
        let _used14 = zombie_step::<Stream>(draws, x, x, true);
        let _used15 = shoot::<Stored>(world, object, x, x);
        update_skeleton::<Stream, Stored>(draws, world, at, object);
        hit::<Stored>(world, x, x, at);
        update_arrow::<Stored>(world, at, object);
        let _used16 = is_grazed_from::<Stored>(world, x, x);
        update_plant::<Stored>(world, at, object);
        let _used17 = strike_damage::<Stored>(world, at);
        gain_item::<Stored>(world, at, at, at);
        do_to_object::<Stored>(world, at, at);
        do_to_material::<Stream, Stored>(draws, world, at, x, x, at);
        interact::<Stream, Stored>(draws, world, at, x, x);
        place_on::<Stored>(world, at, at, x, x);
        let _used18 = nearby_materials::<Stored>(world, x, x);
        make::<Stored>(world, at, at);
        update_vitals::<Stored>(world, at);
        clamp_items::<Stored>(world, at);
        notice_damage::<Stored>(world, at);
        walk::<Stored>(world, at, at);
        let _used19 = sleep_on::<Stored>(world, at, at);
        act::<Stream, Stored>(draws, world, at, at);
        update_player::<Stream, Stored>(draws, world, at);
        let _used20 = find_tile::<Stored>(world, at, at, at);
        let _used21 = find_creature::<Stored>(world, at, at, at);
        control_population::<Stream, Stored>(draws, world, at);
        settle::<Stored>(world, at);
        let _used22 = take_event::<Stored>(world, at);
        let _used23 = pay_for_achievements::<Stored>(world, at);
        let _used24 = pay_for_gains::<Stored>(world, at);
        begin_team_step::<Stored>(world);
        make_gifts::<Stored>(world);
        close_team_step::<Stored>(world, at, at);
        let _given = give::<Stored>(world, at, at, at);
        let _team = team_verdict::<Stored>(world, at);
        do_to_player::<Stored>(world, at, x, x);
        let _fallen = find_fallen::<Stored>(world, x, x);
        let _who = find_player_who::<Stored>(world, x, x, at);
        let _used25 = living::<Stored>(world);
        update_objects::<Stream, Stored>(draws, world, at);
        let _used26 = verdict::<Stored>(world, at, at);
    }
}

/// `source` with every function called by the name by which it is defined.
pub(super) fn linked(source: &str) -> String {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut linked = source.to_owned();
    for definition in source.split("fn ").skip(1) {
        let defined: &str = definition.split(|character| !is_name(character)).next().unwrap_or_default();
        let called = defined.trim_start_matches('_').trim_start_matches(|digit: char| digit.is_ascii_digit());
        if called == defined || source.contains(&format!("fn {called}(")) {
            continue;
        }
        let call = format!("{called}(");
        let mut parts = linked.split(&call);
        let mut renamed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // Not the end of a longer name, such as the definition's own.
            let is_whole = !renamed.ends_with(is_name);
            renamed.push_str(if is_whole { defined } else { called });
            renamed.push('(');
            renamed.push_str(part);
        }
        linked = renamed;
    }
    linked
}

#[cfg(test)]
mod tests {
    use super::linked;

    #[test]
    fn calls_get_the_name_of_the_definition() {
        let source = "fn _1add_one_T(n: u32) -> u32 { return n + 1; }\n\
                      fn main() { let a = add_one_T(1); let b = _1add_one_T(a); let c = readd_one_T(b); }";
        let expected = "fn _1add_one_T(n: u32) -> u32 { return n + 1; }\n\
                        fn main() { let a = _1add_one_T(1); let b = _1add_one_T(a); let c = readd_one_T(b); }";
        assert_eq!(linked(source), expected);
    }

    #[test]
    fn names_that_are_defined_stay() {
        let source = "fn a_b() {} fn _1a_b() {} fn main() { a_b(); }";
        assert_eq!(linked(source), source);
    }
}
