//! The records that the engine itself keeps for every environment, on both devices.

/// Plain records shared by the native and the wgpu shells.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    /// The episode still runs.
    pub const RUNNING: u32 = 0u32;
    /// The task was achieved in this step; the episode terminates.
    pub const SUCCESS: u32 = 1u32;
    /// The episode terminates in this step without success.
    pub const FAILURE: u32 = 2u32;
    /// No subgoal event in this step.
    pub const NO_EVENT: i32 = -1i32;

    /// Where an environment is in its sequence of episodes.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Episode {
        /// Random stream of this episode's rules (the fast generator).
        pub stream: Stream,
        /// Steps since the last reset.
        pub elapsed: u32,
        /// Episodes that this environment has begun since it was seeded, minus one.
        pub number: u32,
        /// Level index, or entry of the level pool, that this episode plays.
        pub level: u32,
        /// 1 when the last step ended the episode and it has not been reset since.
        pub ended: u32,
        /// Sum of rewards since the last reset, over agents.
        pub total: f32,
        /// Low word of the seed that this environment was last seeded with.
        pub seed_low: u32,
        /// High word of that seed.
        pub seed_high: u32,
    }

    /// What the last step did to an environment.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Outcome {
        /// `RUNNING`, `SUCCESS` or `FAILURE`: written by the domain's Step set.
        pub verdict: u32,
        /// A word that the domain's Step set leaves for its Reward set.
        pub detail: u32,
        /// 1 when the episode terminated in this step.
        pub terminated: u32,
        /// 1 when the episode was truncated in this step. The domain's Step set may set it, where the limit
        /// differs from episode to episode; the batch's limit holds beside it.
        pub truncated: u32,
    }

    /// Bit of [`Report`] flags: the episode terminated in this step.
    pub const TERMINATED: u32 = 1u32;
    /// Bit of [`Report`] flags: the episode was cut off in this step.
    pub const TRUNCATED: u32 = 2u32;
    /// Bit of [`Report`] flags: the episode that ended in this step was a success.
    pub const SUCCEEDED: u32 = 4u32;
    /// Bit of [`Report`] flags: this step only reset the environment.
    pub const WAS_RESET: u32 = 8u32;

    /// What a step has to tell of an environment beside rewards and observations.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Report {
        /// `TERMINATED`, `TRUNCATED`, `SUCCEEDED` and `WAS_RESET`.
        pub flags: u32,
        /// Steps of the episode so far, the step just made included.
        pub length: u32,
        /// Sum of rewards of the episode so far, over agents.
        pub total: f32,
    }

    /// What kernels need to know of the batch: the uniform of `Binding::Parameters`, group 0, binding 0.
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, Wgsl)]
    #[repr(C)]
    pub struct BatchParameters {
        /// Environments in the batch; invocations from here on have nothing to do.
        pub num_envs: u32,
        /// Agents per environment.
        pub num_agents: u32,
        /// Words of one agent's action.
        pub action_words: u32,
        /// Words of one environment's record.
        pub state_words: u32,
        /// Words of one environment's array.
        pub items: u32,
        /// Steps after which an episode is truncated.
        pub max_episode_steps: u32,
        /// Entries of the level pool.
        pub levels: u32,
        /// `NEXT_STEP`, `SAME_STEP` or `DISABLED`.
        pub autoreset: u32,
        /// Words of the channels of one environment.
        pub channel_words: u32,
    }
}

/// How an episode begins, counts its steps and ends: the engine's own rules, on both devices.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use super::records::*;
    use pentathlon_gym::seeding::philox::rules::*;

    /// `AutoresetMode::NextStep` in `BatchParameters`.
    pub const NEXT_STEP: u32 = 0u32;
    /// `AutoresetMode::SameStep` in `BatchParameters`.
    pub const SAME_STEP: u32 = 1u32;
    /// `AutoresetMode::Disabled` in `BatchParameters`.
    pub const DISABLED: u32 = 2u32;

    /// Episode `number` of environment `env` at its first observation. `levels` is the size of the
    /// level pool, or 0 when levels are generated at the reset.
    pub fn begin_episode(seed_low: u32, seed_high: u32, env: u32, number: u32, levels: u32) -> Episode {
        let mut level = episode_level(seed_low, seed_high, env, number);
        if levels > 0u32 {
            level %= levels;
        }
        let stream = episode_stream(seed_low, seed_high, env, number, PURPOSE_EPISODE_RULES);
        Episode { stream, elapsed: 0u32, number, level, ended: 0u32, total: 0.0f32, seed_low, seed_high }
    }

    /// The episode of environment `env` after `episode`, under the same seed.
    pub fn next_episode(episode: Episode, env: u32, levels: u32) -> Episode {
        let number = wrapping_add_words(episode.number, 1u32);
        begin_episode(episode.seed_low, episode.seed_high, env, number, levels)
    }

    /// What a step knows of an environment before anything moved.
    pub fn begin_report(episode: Episode) -> Report {
        #![inline]
        let mut flags = 0u32;
        if episode.ended != 0u32 {
            flags = WAS_RESET;
        }
        Report { flags, length: episode.elapsed, total: episode.total }
    }

    /// Counts the step under way, unless the environment waits for its reset.
    pub fn count_step(episode: Episode) -> Episode {
        #![inline]
        let mut counted = episode;
        if episode.ended == 0u32 {
            counted.elapsed = wrapping_add_words(episode.elapsed, 1u32);
        }
        counted
    }

    /// No verdict yet.
    pub fn no_outcome() -> Outcome {
        #![inline]
        Outcome { verdict: RUNNING, detail: 0u32, terminated: 0u32, truncated: 0u32 }
    }

    /// Whether the step just made ended the episode: by the rules' verdict, or by its length, which the
    /// rules may have judged already.
    pub fn judge(episode: Episode, outcome: Outcome, max_episode_steps: u32) -> Outcome {
        #![inline]
        let mut judged = outcome;
        judged.terminated = 0u32;
        if outcome.verdict != RUNNING {
            judged.terminated = 1u32;
        }
        if episode.elapsed >= max_episode_steps {
            judged.truncated = 1u32;
        }
        judged
    }

    /// The episode with the rewards of the step just made, ended if `outcome` says so.
    pub fn close_step(episode: Episode, outcome: Outcome, reward: f32) -> Episode {
        #![inline]
        let mut closed = episode;
        closed.total = episode.total + reward;
        closed.ended = outcome.terminated | outcome.truncated;
        closed
    }

    /// What the step just made has to tell.
    pub fn make_report(episode: Episode, outcome: Outcome) -> Report {
        #![inline]
        let mut flags = 0u32;
        if outcome.terminated != 0u32 {
            flags |= TERMINATED;
        }
        if outcome.truncated != 0u32 {
            flags |= TRUNCATED;
        }
        if episode.ended != 0u32 && outcome.verdict == SUCCESS {
            flags |= SUCCEEDED;
        }
        Report { flags, length: episode.elapsed, total: episode.total }
    }

    /// Whether the Autoreset set starts the next episode of an environment in this step.
    pub fn is_due(episode: Episode, report: Report, autoreset: u32) -> bool {
        #![inline]
        let waited = (report.flags & WAS_RESET) != 0u32 && autoreset != DISABLED;
        waited || (autoreset == SAME_STEP && episode.ended != 0u32)
    }
}
