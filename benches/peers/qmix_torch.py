#!/usr/bin/env python3
"""QMIX in PyTorch on Trash-Grid 10x10 in Python: what Pentathlon's team learner is measured against.

    python qmix_torch.py --seconds 60 --threads 2        # in an environment with torch and numpy

Sizes and settings are those of the authors' public framework: agents with a shared network (linear 64, GRU 64, linear),
a mixer of width 32 with hyper-networks of 64, double Q-learning, RMSprop 5e-4, batches of 32 whole episodes out of
5,000, one update for every episode, targets copied every 200 episodes, epsilon from 1 to 0.05 in 50,000 steps. The GRU
is unrolled by torch's own fused sequence, not step by step. The last line of output is one JSON object.
"""

import argparse
import json
import time

import numpy
import torch
from torch import nn

SIZE, AGENTS, ITEMS, CAPACITY, LIMIT = 10, 3, 10, 3, 200
ZONE = [(row, column) for row in (8, 9) for column in (6, 7, 8, 9)]
FORWARD, LEFT, RIGHT, PICK, SPLIT, PUT = range(6)
ACTIONS = 6
OBSERVATION = 4 * AGENTS + 3 * ITEMS + 2 * len(ZONE)
STATE = 4 * AGENTS + 3 * ITEMS
# Directions: right, down, left, up.
AHEAD = [(0, 1), (1, 0), (0, -1), (-1, 0)]


class TrashGrid:
    """Three agents bring five small and five big pieces of trash to the drop zone. Small ones can be picked up, three
    at a time; big ones are split first. Agents act one after another and block each other."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.zone = numpy.array(ZONE, dtype=numpy.float32)

    def reset(self):
        # (row, column, direction, load) of agents, (row, column, kind) of items; kind 0 lies nowhere.
        self.agents = [[0, 0, 1, 0], [0, 2, 1, 0], [0, 4, 1, 0]]
        places = self.random.permutation(45)[:ITEMS]
        self.items = [[3 + int(p) // 9, int(p) % 9, 1 if i < 5 else 2] for i, p in enumerate(places)]
        self.at = {(row, column): i for i, (row, column, _) in enumerate(self.items)}
        self.delivered = self.steps = 0

    def front(self, agent):
        row, column, direction, _ = agent
        ahead = AHEAD[direction]
        return row + ahead[0], column + ahead[1]

    def is_free(self, place):
        inside = 0 <= place[0] < SIZE and 0 <= place[1] < SIZE
        return inside and all((other[0], other[1]) != place for other in self.agents)

    def in_zone(self, agent):
        return agent[0] >= 8 and agent[1] >= 6

    def available(self):
        """1 where an action makes a difference."""
        mask = numpy.zeros((AGENTS, ACTIONS), dtype=numpy.float32)
        for number, agent in enumerate(self.agents):
            place = self.front(agent)
            item = self.at.get(place)
            kind = 0 if item is None else self.items[item][2]
            free = self.is_free(place)
            loaded = agent[3] > 0
            can_put = loaded and (self.in_zone(agent) or (free and item is None and place not in ZONE))
            mask[number] = (free, 1, 1, kind == 1 and agent[3] < CAPACITY, kind == 2, can_put)
        return mask

    def observe(self):
        """What every agent sees relative to itself, and the global state."""
        agents = numpy.array(self.agents, dtype=numpy.float32)
        items = numpy.array(self.items, dtype=numpy.float32)
        state = numpy.concatenate([agents.ravel(), items.ravel()])
        seen = numpy.empty((AGENTS, OBSERVATION), dtype=numpy.float32)
        lies = items[:, 2:] > 0
        for number in range(AGENTS):
            own = agents[number, :2]
            others = agents.copy()
            others[:, :2] -= own
            things = items.copy()
            things[:, :2] = numpy.where(lies, things[:, :2] - own, 0)
            seen[number] = numpy.concatenate([others.ravel(), things.ravel(), (self.zone - own).ravel()])
        return seen / SIZE, state / SIZE

    def step(self, actions):
        """The team's reward, and whether everything is delivered."""
        reward = 0.0
        for agent, action in zip(self.agents, actions):
            reward -= 0.1
            if action == LEFT:
                agent[2] = (agent[2] + 3) % 4
                continue
            if action == RIGHT:
                agent[2] = (agent[2] + 1) % 4
                continue
            place = self.front(agent)
            if action == FORWARD:
                if self.is_free(place):
                    agent[0], agent[1] = place
                continue
            item = self.at.get(place)
            if action == PICK and item is not None and self.items[item][2] == 1 and agent[3] < CAPACITY:
                del self.at[place]
                self.items[item] = [0, 0, 0]
                agent[3] += 1
                reward += 1
            elif action == SPLIT and item is not None and self.items[item][2] == 2:
                self.items[item][2] = 1
                reward += 1
            elif action == PUT and agent[3] > 0:
                if self.in_zone(agent):
                    self.delivered += agent[3]
                    reward += 2 * agent[3]
                    agent[3] = 0
                    if self.delivered == ITEMS:
                        reward += 10
                elif item is None and place not in ZONE and self.is_free(place):
                    entry = next(i for i, (_, _, kind) in enumerate(self.items) if kind == 0)
                    self.items[entry] = [*place, 1]
                    self.at[place] = entry
                    agent[3] -= 1
        self.steps += 1
        return reward, self.delivered == ITEMS


class Agent(nn.Module):
    """Values of an agent's actions."""

    def __init__(self):
        super().__init__()
        self.input = nn.Linear(OBSERVATION + ACTIONS + AGENTS, 64)
        self.memory = nn.GRU(64, 64)
        self.output = nn.Linear(64, ACTIONS)

    def forward(self, inputs, hidden):
        """`inputs` [time, rows, numbers], `hidden` [1, rows, 64]."""
        features, hidden = self.memory(torch.relu(self.input(inputs)), hidden)
        return self.output(features), hidden


class Mixer(nn.Module):
    """The monotonic mixing network."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Sequential(nn.Linear(STATE, 64), nn.ReLU(), nn.Linear(64, AGENTS * 32))
        self.bias = nn.Linear(STATE, 32)
        self.last_weights = nn.Sequential(nn.Linear(STATE, 64), nn.ReLU(), nn.Linear(64, 32))
        self.value = nn.Sequential(nn.Linear(STATE, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, values, states):
        """`values` [rows, agents], `states` [rows, state]."""
        weights = self.weights(states).abs().view(-1, AGENTS, 32)
        hidden = nn.functional.elu(torch.bmm(values.unsqueeze(1), weights).squeeze(1) + self.bias(states))
        return (hidden * self.last_weights(states).abs()).sum(1, keepdim=True) + self.value(states)


class Qmix:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.random = numpy.random.default_rng(seed)
        self.live, self.target = [nn.ModuleDict({"agent": Agent(), "mixer": Mixer()}) for _ in range(2)]
        self.target.load_state_dict(self.live.state_dict())
        self.optimizer = torch.optim.RMSprop(self.live.parameters(), lr=5e-4, alpha=0.99, eps=1e-5)
        self.env = TrashGrid(seed)
        self.episodes, self.count, self.frames = [], 0, 0
        self.ids = numpy.eye(AGENTS, dtype=numpy.float32)
        self.one_hot = numpy.eye(ACTIONS, dtype=numpy.float32)

    def collect(self):
        """One episode, epsilon-greedily."""
        env = self.env
        env.reset()
        hidden = torch.zeros(1, AGENTS, 64)
        last = numpy.zeros((AGENTS, ACTIONS), dtype=numpy.float32)
        inputs, states, masks, choices, rewards = [], [], [], [], []
        done = False
        while True:
            seen, state = env.observe()
            mask = env.available()
            row = numpy.concatenate([seen, last, self.ids], axis=1)
            inputs.append(row)
            states.append(state)
            masks.append(mask)
            if done or env.steps == LIMIT:
                break
            with torch.no_grad():
                values, hidden = self.live["agent"](torch.from_numpy(row).unsqueeze(0), hidden)
            greedy = numpy.where(mask > 0, values[0].numpy(), -numpy.inf).argmax(1)
            epsilon = max(0.05, 1 - 0.95 * self.frames / 50_000)
            chosen = [
                self.random.choice(numpy.flatnonzero(mask[i])) if self.random.random() < epsilon else greedy[i]
                for i in range(AGENTS)
            ]
            reward, done = env.step(chosen)
            last = self.one_hot[chosen]
            choices.append(chosen)
            rewards.append(reward)
            self.frames += 1
        arrays = [inputs, states, masks, choices, rewards]
        episode = [numpy.array(values, dtype=numpy.float32) for values in arrays]
        if len(self.episodes) < 5000:
            self.episodes.append((*episode, done))
        else:
            self.episodes[self.count % 5000] = (*episode, done)
        self.count += 1

    def update(self):
        """One gradient step on 32 episodes, padded to the longest."""
        drawn = [self.episodes[i] for i in self.random.choice(len(self.episodes), 32, replace=False)]
        length = max(len(episode[4]) for episode in drawn)

        def padded(index, steps, fill=0.0):
            shape = drawn[0][index].shape[1:]
            batch = numpy.full((steps, 32, *shape), fill, dtype=numpy.float32)
            for column, episode in enumerate(drawn):
                batch[: len(episode[index]), column] = episode[index]
            return torch.from_numpy(batch)

        inputs, states = padded(0, length + 1), padded(1, length + 1)
        masks, choices, rewards = padded(2, length + 1, 1.0), padded(3, length).long(), padded(4, length)
        steps = torch.tensor([len(episode[4]) for episode in drawn])
        mask = (torch.arange(length).unsqueeze(1) < steps).float()
        ends = torch.zeros(length, 32)
        for column, episode in enumerate(drawn):
            if episode[5]:
                ends[len(episode[4]) - 1, column] = 1.0
        rows = inputs.reshape(length + 1, 32 * AGENTS, -1)
        zeros = torch.zeros(1, 32 * AGENTS, 64)
        values = self.live["agent"](rows, zeros)[0].view(length + 1, 32, AGENTS, ACTIONS)
        chosen = values[:-1].gather(3, choices.unsqueeze(3)).squeeze(3)
        with torch.no_grad():
            others = self.target["agent"](rows, zeros)[0].view(length + 1, 32, AGENTS, ACTIONS)
            best = values.detach().masked_fill(masks == 0, -1e9)[1:].argmax(3, keepdim=True)
            best = others[1:].gather(3, best).squeeze(3)
            next_value = self.target["mixer"](best.view(-1, AGENTS), states[1:].reshape(-1, STATE))
            targets = rewards + 0.99 * (1 - ends) * next_value.view(length, 32)
        joint = self.live["mixer"](chosen.reshape(-1, AGENTS), states[:-1].reshape(-1, STATE)).view(length, 32)
        loss = (((joint - targets) * mask) ** 2).sum() / mask.sum()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.live.parameters(), 10)
        self.optimizer.step()
        return loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the measurement")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    learner = Qmix(arguments.seed)
    while len(learner.episodes) < 33:
        learner.collect()
    learner.update()
    updates = frames = 0
    collecting = 0.0
    begin, worked = time.perf_counter(), time.process_time()
    while (seconds := time.perf_counter() - begin) < arguments.seconds:
        before, started = learner.frames, time.perf_counter()
        learner.collect()
        collecting += time.perf_counter() - started
        loss = learner.update()
        updates, frames = updates + 1, frames + learner.frames - before
    print(
        json.dumps(
            {
                "frames": frames,
                "updates": updates,
                "seconds": seconds,
                "processor_seconds": time.process_time() - worked,
                "frames_per_second": frames / seconds,
                "collecting": collecting / seconds,
                "loss": loss,
                "torch": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
