#include "sim/config/cycle.hpp"

#include <algorithm>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>

namespace interlock::config {

namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

/// Keeps the way from the root of the search to where it stands; an edge back
/// onto it closes a cycle.
class CycleVisitor : public boost::dfs_visitor<> {
public:
    CycleVisitor(std::vector<std::size_t>& way, std::vector<std::size_t>& cycle)
        : way_(&way), cycle_(&cycle) {}

    void discover_vertex(Vertex vertex, const Graph& /*graph*/) { way_->push_back(vertex); }
    void finish_vertex(Vertex /*vertex*/, const Graph& /*graph*/) { way_->pop_back(); }
    void back_edge(boost::graph_traits<Graph>::edge_descriptor edge, const Graph& graph) {
        if (!cycle_->empty()) return;
        const auto begin = std::find(way_->begin(), way_->end(), boost::target(edge, graph));
        cycle_->assign(begin, way_->end());
    }

private:
    std::vector<std::size_t>* way_;
    std::vector<std::size_t>* cycle_;
};

}  // namespace

std::vector<std::size_t> find_cycle(std::size_t nodes, const std::vector<Edge>& edges) {
    const Graph graph(edges.begin(), edges.end(), nodes);
    std::vector<std::size_t> way;
    std::vector<std::size_t> cycle;
    std::vector<boost::default_color_type> colours(nodes);
    boost::depth_first_search(
        graph, CycleVisitor(way, cycle),
        boost::make_iterator_property_map(colours.begin(), boost::get(boost::vertex_index, graph)));
    return cycle;
}

}  // namespace interlock::config
