#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace titan::reconciler {

// Where the change of one deployment on a host stands. What is remembered of it over a kill or a
// power cut is this and no more: whatever was under way is begun again from the start.
enum class Phase : std::uint8_t {
  settled,    // it is on the host as it was kept last, or not at all
  applying,   // a new form is being put in place
  checking,   // the new form is in place, and its health checks are asked
  reverting,  // what was kept last is being put back, or taken away when there was nothing
  leaving,    // it is being taken away
};

// What happens to it.
enum class PhaseEvent : std::uint8_t {
  begin,         // another form is wanted than the one that is there
  abandon,       // it failed, and nothing on the host had been touched yet
  switched,      // the form is in place, and there are checks to ask
  kept,          // it is in place, and healthy
  failed,        // it failed with some of it in place, or is not healthy
  withdrawn,     // what is half in place is not wanted any more, and nothing else can be applied
  cut_off,       // the agent or the machine stopped in the midst of it
  cut_off_last,  // the same, and no more attempts are left
  reverted,      // what was kept last is back
  leave,         // nothing of it is wanted any more
  gone,          // nothing of it is there any more
};

// The one table of what follows from what. Everything that is not in it cannot happen.
struct Transition {
  Phase from;
  PhaseEvent event;
  Phase to;
};
inline constexpr std::array kTransitions = {
    Transition{Phase::settled, PhaseEvent::begin, Phase::applying},
    Transition{Phase::settled, PhaseEvent::leave, Phase::leaving},
    Transition{Phase::applying, PhaseEvent::begin, Phase::applying},
    Transition{Phase::applying, PhaseEvent::abandon, Phase::settled},
    Transition{Phase::applying, PhaseEvent::switched, Phase::checking},
    Transition{Phase::applying, PhaseEvent::kept, Phase::settled},
    Transition{Phase::applying, PhaseEvent::failed, Phase::reverting},
    Transition{Phase::applying, PhaseEvent::withdrawn, Phase::reverting},
    Transition{Phase::applying, PhaseEvent::cut_off, Phase::applying},
    Transition{Phase::applying, PhaseEvent::cut_off_last, Phase::reverting},
    Transition{Phase::applying, PhaseEvent::leave, Phase::leaving},
    Transition{Phase::checking, PhaseEvent::begin, Phase::applying},
    Transition{Phase::checking, PhaseEvent::kept, Phase::settled},
    Transition{Phase::checking, PhaseEvent::failed, Phase::reverting},
    Transition{Phase::checking, PhaseEvent::cut_off, Phase::applying},
    Transition{Phase::checking, PhaseEvent::cut_off_last, Phase::reverting},
    Transition{Phase::checking, PhaseEvent::leave, Phase::leaving},
    Transition{Phase::reverting, PhaseEvent::failed, Phase::reverting},
    Transition{Phase::reverting, PhaseEvent::cut_off, Phase::reverting},
    Transition{Phase::reverting, PhaseEvent::cut_off_last, Phase::reverting},
    Transition{Phase::reverting, PhaseEvent::reverted, Phase::settled},
    Transition{Phase::reverting, PhaseEvent::leave, Phase::leaving},
    Transition{Phase::leaving, PhaseEvent::leave, Phase::leaving},
    Transition{Phase::leaving, PhaseEvent::failed, Phase::leaving},
    Transition{Phase::leaving, PhaseEvent::cut_off, Phase::leaving},
    Transition{Phase::leaving, PhaseEvent::cut_off_last, Phase::leaving},
    Transition{Phase::leaving, PhaseEvent::begin, Phase::applying},
    Transition{Phase::leaving, PhaseEvent::withdrawn, Phase::reverting},
    Transition{Phase::leaving, PhaseEvent::gone, Phase::settled},
};

// nullopt: it cannot happen.
constexpr std::optional<Phase> phase_after(Phase from, PhaseEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == from && transition.event == event) return transition.to;
  }
  return std::nullopt;
}

// "applying".
std::string_view text_of(Phase phase);
// nullopt: none of them.
std::optional<Phase> parse_phase(std::string_view text);

}  // namespace titan::reconciler
