#include "reconciler/transaction.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace titan::reconciler {
namespace {

constexpr std::array kPhases = {Phase::settled, Phase::applying, Phase::checking, Phase::reverting,
                                Phase::leaving};

TEST(Transaction, HasOneAnswerToEachEventAtMost) {
  std::set<std::pair<Phase, PhaseEvent>> seen;
  for (const Transition& transition : kTransitions) {
    EXPECT_TRUE(seen.insert({transition.from, transition.event}).second)
        << text_of(transition.from) << ", event " << static_cast<int>(transition.event);
    EXPECT_EQ(phase_after(transition.from, transition.event), transition.to);
  }
  EXPECT_EQ(phase_after(Phase::settled, PhaseEvent::reverted), std::nullopt);
}

// Whatever was under way when the process ended goes on, and none of it counts as done.
TEST(Transaction, GoesOnFromEachPhaseThatWasCutOff) {
  for (const Phase phase : kPhases) {
    if (phase == Phase::settled) continue;
    for (const PhaseEvent event : {PhaseEvent::cut_off, PhaseEvent::cut_off_last}) {
      const auto next = phase_after(phase, event);
      ASSERT_TRUE(next) << text_of(phase);
      EXPECT_NE(*next, Phase::settled) << text_of(phase);
      EXPECT_NE(*next, Phase::checking) << text_of(phase);
    }
  }
  // With no attempts left nothing is applied any more.
  EXPECT_EQ(phase_after(Phase::applying, PhaseEvent::cut_off_last), Phase::reverting);
  EXPECT_EQ(phase_after(Phase::checking, PhaseEvent::cut_off_last), Phase::reverting);
}

TEST(Transaction, ComesToAnEndFromEachPhase) {
  for (const Phase start : kPhases) {
    std::set<Phase> reached = {start};
    for (std::size_t size = 0; size != reached.size();) {
      size = reached.size();
      for (const Transition& transition : kTransitions) {
        if (reached.contains(transition.from)) reached.insert(transition.to);
      }
    }
    EXPECT_TRUE(reached.contains(Phase::settled)) << text_of(start);
  }
}

// What failed with something touched is never left as it is.
TEST(Transaction, NeverSettlesAfterAFailureThatTouchedSomething) {
  for (const Transition& transition : kTransitions) {
    if (transition.event != PhaseEvent::failed) continue;
    EXPECT_TRUE(transition.to == Phase::reverting || transition.to == Phase::leaving);
  }
}

TEST(Transaction, ReadsThePhasesThatItWrites) {
  for (const Phase phase : kPhases) EXPECT_EQ(parse_phase(text_of(phase)), phase);
  EXPECT_EQ(parse_phase("half done"), std::nullopt);
}

}  // namespace
}  // namespace titan::reconciler
