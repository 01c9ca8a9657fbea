#include "models/deadlock.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <optional>
#include <vector>

namespace interlock::models {

namespace {

using interpreter::Agent;
using interpreter::Engine;
using interpreter::WaitingFor;
using What = WaitingFor::What;

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

/// Remembers the edge that closes the first cycle, and how each vertex was reached.
struct CycleFinder : boost::default_dfs_visitor {
    std::vector<std::size_t>* reached_from;
    std::optional<Edge>* closing;

    void tree_edge(Edge edge, const Graph& graph) const {
        (*reached_from)[target(edge, graph)] = source(edge, graph);
    }
    void back_edge(Edge edge, const Graph& /*graph*/) const {
        if (!*closing) *closing = edge;
    }
};

/// The thread that `agent` waits for, where it is one.
std::optional<std::size_t> awaited(const Engine& engine, const Agent& agent) {
    if (agent.waiting_for.what == What::lock) {
        const auto& holder = engine.locks()[agent.waiting_for.object].holder;
        if (holder) return os::index(*holder);
    }
    if (agent.waiting_for.what == What::thread) return agent.waiting_for.object;
    return std::nullopt;
}

std::string tell(const Engine& engine, const workload::Workload& workload, const Agent& agent) {
    const auto object = agent.waiting_for.object;
    const auto who = agent.name + " waits for ";
    switch (agent.waiting_for.what) {
    case What::nothing: return agent.name + " waits";
    case What::lock: {
        const auto& holder = engine.locks()[object].holder;
        return who + "lock '" + workload.locks[object] + "'" +
               (holder ? ", held by " + engine.agents()[os::index(*holder)].name
                       : ", which nobody holds");
    }
    case What::queue_item: return who + "an item in queue '" + workload.queues[object].name + "'";
    case What::queue_room: return who + "room in queue '" + workload.queues[object].name + "'";
    case What::barrier:
        return who + "the others at barrier '" + workload.barriers[object].name + "'";
    case What::condition: return who + "a notify of '" + workload.conditions[object] + "'";
    case What::thread: return who + engine.agents()[object].name;
    case What::task: return who + "a task to be ready";
    case What::result: return who + "the results of its pool";
    }
    return who + "something";
}

std::vector<std::size_t> cycle(const Engine& engine) {
    const auto& agents = engine.agents();
    Graph graph(agents.size());
    for (std::size_t i = 0; i < agents.size(); ++i)
        if (const auto other = agents[i].exited ? std::nullopt : awaited(engine, agents[i]))
            add_edge(i, *other, graph);
    std::vector<std::size_t> reached_from(agents.size());
    std::optional<Edge> closing;
    CycleFinder finder;
    finder.reached_from = &reached_from;
    finder.closing = &closing;
    depth_first_search(graph, visitor(finder));
    std::vector<std::size_t> found;
    if (!closing) return found;
    const auto first = target(*closing, graph);
    for (auto at = source(*closing, graph);; at = reached_from[at]) {
        found.push_back(at);
        if (at == first) break;
    }
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace

std::string explain_deadlock(const Engine& engine, const workload::Workload& workload) {
    constexpr std::size_t most = 6;
    const auto& agents = engine.agents();
    const auto circle = cycle(engine);
    std::string text;
    std::size_t told = 0;
    std::size_t waiting = 0;
    const auto add = [&](std::size_t i) {
        if (++waiting > most) return;
        text += (text.empty() ? "" : "; ") + tell(engine, workload, agents[i]);
        ++told;
    };
    for (const auto i : circle) add(i);
    for (std::size_t i = 0; i < agents.size(); ++i)
        if (!agents[i].exited && std::find(circle.begin(), circle.end(), i) == circle.end()) add(i);
    if (waiting > told) text += "; and " + std::to_string(waiting - told) + " more";
    return text;
}

}  // namespace interlock::models
