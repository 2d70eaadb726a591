//! The queue without a clock or an engine.

use super::super::fixture::nodes;
use super::*;

/// Runs the whole queue; a step named in `fail` fails. Answers with the order and where each step ended.
fn drain(queue: &mut Queue<'_>, fail: &[usize]) -> String {
    let mut order = Vec::new();
    while let Some(node) = queue.take_ready() {
        order.push(node.id.to_string());
        if fail.contains(&node.id.0) { queue.failed(node.id) } else { queue.done(node.id) }
    }
    assert!(queue.is_settled(), "nothing is left waiting");
    format!("{} | {}", order.join(" "), states(queue))
}

fn states(queue: &Queue<'_>) -> String {
    let mark = |state| match state {
        State::Waiting => "waiting".to_owned(),
        State::Running => "running".to_owned(),
        State::Done => "done".to_owned(),
        State::Failed => "failed".to_owned(),
        State::Blocked(Blocked::By(id)) => format!("by{id}"),
        State::Blocked(Blocked::Interrupted) => "never".to_owned(),
        State::NotNeeded => "-".to_owned(),
    };
    queue.states().map(|(_, state)| mark(state)).collect::<Vec<_>>().join(" ")
}

fn take(queue: &mut Queue<'_>, count: usize) -> Vec<usize> {
    (0..count).map_while(|_| queue.take_ready()).map(|node| node.id.0).collect()
}

#[test]
fn an_empty_plan_is_settled() {
    assert!(Queue::new(&[], Caps::of(1)).is_settled());
}

#[test]
fn steps_come_in_order_and_the_longest_path_first() {
    let nodes = nodes("call a\n call b\n wait b after 2\n call c after 3");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[]), "#2 #3 #1 #4 | done done done done");
}

#[test]
fn what_is_equally_long_comes_by_number() {
    let nodes = nodes("call a\n call b\n call c");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[]), "#1 #2 #3 | done done done");
}

#[test]
fn a_failure_blocks_only_its_dependents() {
    let nodes = nodes("call a\n call b\n call a after 1\n call b after 2\n call a after 3");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    assert_eq!(drain(&mut queue, &[1]), "#1 #2 #4 | failed done by#1 done by#1");
    let settled = |queue: &mut Queue<'_>| queue.take_settled().iter().map(|node| node.id.0).collect::<Vec<_>>();
    assert_eq!(settled(&mut queue), [1, 3, 5, 2, 4]);
    assert!(settled(&mut queue).is_empty());
}

#[test]
fn a_way_back_runs_only_when_one_of_its_steps_failed() {
    let nodes = nodes("call a\n call a after 1\n wait a after 2\n remove a after 1 2 3 failed 2 3\n call b after 3");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[]), "#1 #2 #3 #5 | done done done - done");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[3]), "#1 #2 #3 #4 | done done failed done by#3");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[1]), "#1 | failed by#1 by#1 - by#1");
}

#[test]
fn a_way_back_waits_until_all_before_it_has_settled() {
    let nodes = nodes("call a\n call a\n remove a after 1 2 failed 1");
    let mut queue = Queue::new(&nodes, Caps::of(4));
    assert_eq!(take(&mut queue, 4), [1, 2]);
    queue.failed(NodeId(1));
    assert_eq!(take(&mut queue, 4), Vec::<usize>::new());
    queue.done(NodeId(2));
    assert_eq!(take(&mut queue, 4), [3]);
}

#[test]
fn what_comes_after_a_way_back_goes_on_whether_or_not_it_was_taken() {
    let nodes = nodes("call a\n remove a after 1 failed 1\n call b after 2");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[]), "#1 #3 | done - done");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[1]), "#1 #2 #3 | failed done done");
    assert_eq!(drain(&mut Queue::new(&nodes, Caps::of(1)), &[1, 2]), "#1 #2 | failed failed by#2");
}

#[test]
fn a_tolerant_step_stands_a_number_of_failures_among_some() {
    let text = "call a\n call b\n call c\n call d after 1 2 3 tolerant 1 1 2";
    let nodes = nodes(text);
    let run = |fail: &[usize]| drain(&mut Queue::new(&nodes, Caps::of(1)), fail);
    assert_eq!(run(&[]), "#1 #2 #3 #4 | done done done done");
    assert_eq!(run(&[1]), "#1 #2 #3 #4 | failed done done done");
    assert_eq!(run(&[1, 2]), "#1 #2 #3 | failed failed done by#2");
    assert_eq!(run(&[3]), "#1 #2 #3 | done done failed by#3");
}

#[test]
fn calls_and_transfers_share_a_cap_and_waits_need_no_slot() {
    let nodes = nodes("call a\n call b\n call c\n wait d\n wait e\n wait f\n pull g");
    let mut queue = Queue::new(&nodes, Caps { jobs: 2, transfers: 1 });
    assert_eq!(take(&mut queue, 9), [7, 4, 5, 6, 1]);
    queue.done(NodeId(7));
    assert_eq!(take(&mut queue, 9), [2]);
}

#[test]
fn transfers_have_a_lower_cap_and_do_not_hold_up_calls() {
    let nodes = nodes("pull a\n pull b\n pull c\n call d");
    let mut queue = Queue::new(&nodes, Caps { jobs: 8, transfers: 2 });
    assert_eq!(take(&mut queue, 9), [1, 2, 4]);
}

#[test]
fn an_interruption_begins_no_new_group() {
    let nodes = nodes("call a\n remove a after 1\n call b after 1\n call b after 3");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    assert_eq!(take(&mut queue, 1), [1]);
    assert_eq!(queue.interrupt(), []);
    assert_eq!(states(&queue), "running waiting never never");
    queue.done(NodeId(1));
    assert_eq!(drain(&mut queue, &[]), "#2 | done done never never");
}

#[test]
fn an_interruption_sends_back_what_still_has_a_gate_ahead() {
    // make, stop old, start new, gate, remove old | way back
    let text =
        "call a\n call a after 1\n call a after 2\n wait a after 3\n remove a after 4\n call a after 3 4 failed 3 4";
    let nodes = nodes(text);
    let mut queue = Queue::new(&nodes, Caps::of(1));
    assert_eq!(take(&mut queue, 1), [1]);
    queue.done(NodeId(1));
    assert_eq!(take(&mut queue, 1), [2]);
    assert_eq!(queue.interrupt(), []);
    assert_eq!(states(&queue), "done running failed by#3 by#3 waiting");
    queue.done(NodeId(2));
    assert_eq!(drain(&mut queue, &[]), "#6 | done done failed by#3 by#3 done");
}

#[test]
fn an_interruption_cancels_a_gate_and_its_way_back_runs() {
    let nodes = nodes("call a\n wait a after 1\n remove a after 2\n call a after 2 failed 1 2");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    queue.done(NodeId(1));
    take(&mut queue, 1);
    assert_eq!(queue.interrupt(), [NodeId(2)]);
    assert_eq!(states(&queue), "done running waiting waiting");
    queue.failed(NodeId(2));
    assert_eq!(drain(&mut queue, &[]), "#4 | done failed by#2 done");
}

#[test]
fn an_interruption_lets_what_has_passed_its_gate_finish() {
    let nodes = nodes("wait a\n call a after 1\n remove a after 2\n call a after 3 failed 2 3");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    queue.done(NodeId(1));
    assert_eq!(queue.interrupt(), []);
    assert_eq!(drain(&mut queue, &[]), "#2 #3 | done done done -");
}

#[test]
fn a_drain_is_no_gate() {
    let nodes = nodes("wait a\n pause a after 1\n call a after 2");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    queue.done(NodeId(1));
    assert_eq!(queue.interrupt(), []);
    assert_eq!(drain(&mut queue, &[]), "#2 #3 | done done done");
}

#[test]
fn the_pause_between_two_batches_ends_at_once() {
    let nodes = nodes("pause a\n call b after 1");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    assert_eq!(queue.interrupt(), [NodeId(1)]);
    queue.failed(NodeId(1));
    assert_eq!(drain(&mut queue, &[]), " | failed never");
}

#[test]
fn a_group_that_stands_before_a_group_that_never_begins_goes_back() {
    // b's second step needs c, which has not begun.
    let nodes = nodes("call b\n call c after 1\n call b after 1 2\n remove b after 3 failed 3");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    queue.done(NodeId(1));
    assert_eq!(queue.interrupt(), []);
    assert_eq!(drain(&mut queue, &[]), "#4 | done never failed done");
}

#[test]
fn an_interruption_cancels_transfers() {
    let nodes = nodes("pull i\n call a after 1\n pull j");
    let mut queue = Queue::new(&nodes, Caps { jobs: 1, transfers: 1 });
    assert_eq!(take(&mut queue, 2), [1]);
    assert_eq!(queue.interrupt(), [NodeId(1)]);
    queue.failed(NodeId(1));
    assert_eq!(drain(&mut queue, &[]), " | failed never never");
}

#[test]
fn a_way_back_is_never_held_up() {
    let nodes = nodes("call a\n remove a after 1 failed 1\n wait a after 2 failed 1");
    let mut queue = Queue::new(&nodes, Caps::of(1));
    take(&mut queue, 1);
    queue.failed(NodeId(1));
    assert_eq!(queue.interrupt(), []);
    assert_eq!(drain(&mut queue, &[]), "#2 #3 | failed done done");
}

#[test]
fn ten_thousand_steps_are_no_burden() {
    let text: String =
        (0..10_000).map(|n| if n < 10 { "call a\n".to_owned() } else { format!("call a after {}\n", n - 9) }).collect();
    let nodes = nodes(&text);
    let mut queue = Queue::new(&nodes, Caps::of(8));
    drain(&mut queue, &[]);
    let mut queue = Queue::new(&nodes, Caps::of(8));
    take(&mut queue, 1);
    queue.failed(NodeId(1));
    drain(&mut queue, &[2]);
}

#[test]
fn what_was_done_is_taken_back_when_all_is_not_well() {
    let plan = "call a\ncall b\npause all after 1 2\nremove a after 1 3 unless 1 3\nremove b after 2 3 unless 2 3\nremove x after 3";
    let nodes = nodes(plan);
    let settle = |failing: Option<usize>| {
        let mut queue = Queue::new(&nodes, Caps::of(4));
        while let Some(node) = queue.take_ready() {
            if Some(node.id.0) == failing { queue.failed(node.id) } else { queue.done(node.id) }
        }
        assert!(queue.is_settled());
        [4, 5, 6].map(|id| queue.state(NodeId(id)))
    };
    assert_eq!(settle(None), [State::NotNeeded, State::NotNeeded, State::Done]);
    assert_eq!(settle(Some(2)), [State::Done, State::NotNeeded, State::Blocked(Blocked::By(NodeId(2)))]);
    assert_eq!(settle(Some(3)), [State::Done, State::Done, State::Blocked(Blocked::By(NodeId(3)))]);
}
