//! The actions that a coupled bandit allows, for agents that choose among them: asked of the batch, grown arm by arm
//! with masks, drawn, and listed. Run with `cargo run --release --example feasible_actions`.

use pentathlon::{
    engine::find_batch,
    envs::cormab::{CoupledBandit, action::write_action, instance::LEVELS},
    gym::seeding::{Random, philox::Philox},
};

fn main() -> Result<(), pentathlon::Error> {
    let mut batch = pentathlon::make("coRMAB-Routing-v0")?.num_envs(4).seed(7).build()?;
    batch.reset(None)?;
    let bandit = find_batch::<CoupledBandit>(&*batch).expect("the id is one of coupled bandits").domain();
    // The set is the same in every state, and a batch's environments share it.
    let set = bandit.feasible_set().clone();
    let arms = bandit.instance().arms;
    println!("{} arms, {} levels, actions are sets of arms on one closed walk", arms, LEVELS);

    // Grown arm by arm: what may be added is a mask, as an autoregressive policy needs it.
    let (mut random, mut action) = (Philox::for_level(1, 0), 0u128);
    loop {
        let open: Vec<usize> = (0..arms).filter(|arm| set.additions(action) >> arm & 1 == 1).collect();
        if open.is_empty() {
            break;
        }
        action |= 1 << random.element(&open);
        println!("{:2} arms could be added; taken so far: {action:0arms$b}", open.len());
    }
    assert!(set.contains(action));

    // One more arm is not allowed, and the set says why.
    let more = (0..arms).map(|arm| action | 1 << arm).find(|more| *more != action);
    if let Some(violation) = more.and_then(|more| set.violation(more)) {
        println!("one arm more: {violation}");
    }

    // Small sets can be listed, for exact search over all of them; larger ones are not, and that is known early.
    match set.enumerate(4096) {
        Some(all) => println!("{} actions are allowed", all.len()),
        None => println!("more than 4096 actions are allowed"),
    }

    // A step takes one action for each environment, a number for each arm.
    let mut actions = vec![0; 4 * arms];
    for row in actions.chunks_mut(arms) {
        write_action(set.sample(&mut random), row);
    }
    let step = batch.step(&actions)?;
    println!("rewards of four random allowed actions: {:?}", step.reward);
    Ok(())
}
