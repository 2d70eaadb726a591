//! What every engine promises, tried on each: on the twin always, and on the real engine at hand. So the twin stays
//! honest, and what the planner believes is what the engines do.
//!
//! Where no real engine answers its half fails and says so: a contract that nobody tried is none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod docker;
mod lab;
mod twin;

mod containers;
mod copies;
mod exec;
mod files;
mod gates;
mod images;
mod limits;
mod logs;
mod looks;
mod networks;
mod pokes;
mod ports;
mod records;
mod volumes;

/// Makes a test of each contract for each engine.
macro_rules! contracts {
    ($($module:ident: $($contract:ident)*;)*) => {
        mod on_the_twin {
            $($(
                #[tokio::test(start_paused = true)]
                async fn $contract() {
                    crate::lab::hold(crate::twin::twin(), crate::$module::$contract).await;
                }
            )*)*
        }

        mod on_the_real_engine {
            $($(
                #[tokio::test]
                async fn $contract() {
                    crate::lab::hold(crate::docker::docker().await, crate::$module::$contract).await;
                }
            )*)*
        }
    };
}

contracts! {
    looks:
        an_empty_project_shows_nothing
        what_is_asked_for_by_name_is_shown_whoever_made_it
        an_image_is_shown_only_if_it_is_there
        dsenvs_own_volumes_are_sorted_out
        a_container_of_compose_is_seen_without_a_record;
    containers:
        a_new_container_is_shown_as_it_was_made
        it_starts_stops_and_goes
        a_taken_name_is_refused
        an_absent_image_is_refused
        a_running_container_is_not_removed
        starting_and_stopping_twice_is_no_error
        a_paused_container_is_not_started_but_unpaused
        a_paused_container_is_stopped
        a_renamed_container_has_its_new_name_only
        what_is_gone_is_stopped_and_removed_already
        the_exit_code_is_shown
        who_needs_too_much_memory_is_killed
        it_is_restarted_by_its_policy
        a_stop_is_not_undone_by_the_policy
        a_variable_of_the_image_is_taken_away
        an_entrypoint_alone_drops_the_images_command;
    records:
        a_record_survives_the_labels
        every_field_is_made_as_asked;
    networks:
        two_of_one_name_are_told_apart_by_id
        a_network_in_use_is_not_removed
        a_network_goes_while_stopped_containers_remember_it
        a_network_shows_its_key_and_record
        overlapping_pools_are_refused
        names_resolve_while_connected
        a_new_name_resolves_at_once
        connecting_twice_is_refused
        what_is_not_connected_is_disconnected_already
        the_default_bridge_takes_no_alias
        an_unknown_network_is_not_joined
        a_fixed_address_needs_a_configured_subnet
        an_endpoint_gets_its_address_back
        an_alias_moves_by_disconnect_and_connect
        an_alias_that_is_the_containers_name_is_shown
        a_container_has_all_its_networks_from_the_start
        a_stopped_container_is_connected_and_disconnected
        another_ones_network_can_be_shared_while_it_runs;
    volumes:
        a_volume_that_exists_keeps_its_first_labels
        of_eight_at_once_all_see_one_owner
        data_outlives_its_container
        a_volume_in_use_is_not_removed
        an_anonymous_volume_is_labelled_and_carried_over
        a_volume_of_the_image_is_labelled_and_carried_over
        mounts_of_another_are_shared;
    limits:
        each_limit_is_changed_in_place
        the_swap_that_the_engine_fills_in_is_unset
        memory_is_raised_above_the_swap_that_was_filled_in
        a_limit_of_memory_or_processors_cannot_be_lifted
        a_limit_of_processes_and_the_policy_are_lifted;
    gates:
        without_a_check_it_is_ready_when_it_has_lived
        an_early_end_is_no_readiness
        an_end_with_zero_is_readiness_where_nothing_restarts_it
        its_age_counts_from_its_start
        what_dies_within_400_ms_is_not_up_by_default
        a_crash_loop_is_no_readiness
        a_container_that_stays_up_after_some_restarts_is_ready
        a_restart_of_long_ago_is_forgiven
        a_check_that_passes_makes_it_healthy
        a_check_that_fails_says_what_it_printed
        healthy_needs_a_check
        a_job_completes_with_zero_only
        a_wait_has_a_limit
        a_container_that_goes_away_ends_the_wait;
    ports:
        a_taken_port_is_named
        free_ports_are_found_and_shown;
    files:
        contents_have_owner_and_mode_on_a_read_only_container
        a_file_volume_is_known_and_not_held
        who_keeps_a_lock_first_has_it
        a_lock_that_somebody_else_has_the_name_of_is_nobodys;
    copies:
        copies_belong_to_the_containers_user
        files_are_deleted_in_a_container_that_runs
        files_are_copied_and_deleted_in_a_container_that_does_not_run
        a_read_only_container_takes_files_in_its_volumes_only;
    logs:
        lines_come_in_order_from_both_streams
        following_ends_with_the_run
        following_ends_with_the_container;
    exec:
        the_exit_code_comes_back
        streams_and_variables_go_in_and_out
        only_a_running_container_runs_commands
        a_hook_that_fails_says_what_it_printed;
    images:
        a_build_carries_the_digest_of_its_inputs
        a_build_that_fails_says_why
        an_image_that_is_nowhere_is_named;
    pokes:
        a_change_pokes
        what_others_do_pokes_nobody;
}
