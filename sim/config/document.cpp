#include "sim/config/document.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/parser.h>

namespace interlock::config {

namespace {

/// Length of the UTF-8 sequence at `at`, or 0 if there is none (overlong
/// forms, surrogates and numbers past U+10FFFF are none).
std::size_t sequence_length(const std::string& text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = byte(at);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    const unsigned second = byte(at + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return overlong || outside ? 0 : length;
}

std::string hexadecimal(unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {'0', 'x', digits[byte / 16U], digits[byte % 16U]};
}

/// Text, and no abyss of brackets: the parser reads ahead to where they close,
/// long before the tree is refused for its depth.
void check_text(const std::string& text, const std::string& file, bool lines,
                const Limits& limits) {
    Place place{&file, lines ? 1 : 0, lines ? 1 : 0};
    std::size_t brackets = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto length = sequence_length(text, at);
        if (length == 0) refuse(place, "expected text in UTF-8, got the byte " + hexadecimal(byte));
        const bool blank = byte == '\n' || byte == '\r' || byte == '\t';
        if ((byte < 0x20 && !blank) || byte == 0x7F)
            refuse(place, "expected text, got the control character " + hexadecimal(byte));
        if (byte == '[' || byte == '{') ++brackets;
        if ((byte == ']' || byte == '}') && brackets > 0) --brackets;
        if (brackets > limits.brackets)
            refuse(place, "expected lists and mappings to be closed, got " +
                              std::to_string(brackets) + " open ones");
        if (lines) {
            place.line += byte == '\n' ? 1 : 0;
            place.column = byte == '\n' ? 1 : place.column + 1;
        }
        at += length;
    }
}

/// Whether the quote that stands there closes before the line ends: one that is left open by
/// mistake would take what follows in, up to the next quote or to the end.
bool closes_on_its_line(std::string_view text, std::size_t begin) {
    auto rest = text.substr(0, text.find('\n', std::min(begin, text.size())));
    rest.remove_prefix(std::min(begin, rest.size()));
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return true;  // an anchor
    const char quote = rest.front();
    for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '\\' && quote == '"') {
            ++at;
            continue;
        }
        if (rest[at] != quote) continue;
        if (quote == '"' || at + 1 >= rest.size() || rest[at + 1] != quote) return true;
        ++at;  // '' stands for one
    }
    return false;
}

/// What the parser found, in the words of one who writes a file.
std::string in_words(const std::string& problem) {
    static const std::map<std::string_view, std::string_view> known{
        {"illegal map value", "a second ':' on a line, or a missing comma or blank"},
        {"illegal map key", "a field where none can begin, or another indentation than above"},
        {"end of map flow not found", "a '{' that is not closed, or a missing comma"},
        {"end of sequence flow not found", "a '[' that is not closed, or a missing comma"},
        {"end of map not found", "another indentation than above, or a bracket that opens nothing"},
        {"end of sequence not found", "another indentation than above, or a missing '-'"},
        {"illegal flow end", "a bracket that closes nothing"},
        {"illegal block entry", "a '-' where no list can begin"},
        {"the referenced anchor is not defined", "an alias of nothing"},
    };
    const auto found = known.find(problem);
    return found == known.end() ? problem : std::string(found->second);
}

/// Builds the tree from the parser's events. Limits hold while it grows, so
/// that no input can make it, or the parser's recursion, large.
class Builder final : public YAML::EventHandler {
public:
    Builder(const std::string& text, const std::string& file, bool lines, const Limits& limits)
        : text_(&text), file_(&file), lines_(lines), limits_(limits) {}

    Node take() { return std::move(root_); }
    void expect_no_more() { finished_ = true; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (finished_) refuse(at(mark), "expected one document, got a second ('---' begins it)");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make(mark, NodeKind::null), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) refuse(at(mark), "this alias contains itself");
        check_depth(mark, known->second.depth);
        charge(mark, known->second.size);
        add(known->second.node, 0);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_tag(mark, tag);
        auto node = make(mark, NodeKind::word);
        node.text = value;
        node.quoted = tag == "!";
        if (node.quoted && lines_ &&
            !closes_on_its_line(*text_,
                                begin_of_line(mark.line) + static_cast<std::size_t>(mark.column)))
            refuse(node.place, "this quote is not closed on its line");
        add(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        refuse_tag(mark, tag);
        begin(mark, NodeKind::list, anchor);
    }
    void OnSequenceEnd() override { end(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        refuse_tag(mark, tag);
        begin(mark, NodeKind::mapping, anchor);
    }
    void OnMapEnd() override {
        if (!limits_.duplicate_keys) refuse_duplicates(open_.back().node);
        end();
    }

private:
    struct Open {
        Node node;
        YAML::anchor_t anchor = 0;
        bool key_read = false;
        Node key;
    };
    struct Anchored {
        Node node;
        std::size_t size = 0;
        std::size_t depth = 0;
    };

    Place at(const YAML::Mark& mark) const {
        return lines_ ? Place{file_, mark.line + 1, mark.column + 1} : Place{file_, 0, 0};
    }

    /// Where a line begins; asked of lines in their order, but for a few.
    std::size_t begin_of_line(int line) {
        if (line < line_) {
            line_ = 0;
            line_begin_ = 0;
        }
        for (; line_ < line; ++line_)
            line_begin_ = std::min(text_->find('\n', line_begin_), text_->size() - 1) + 1;
        return line_begin_;
    }

    Node make(const YAML::Mark& mark, NodeKind kind) {
        charge(mark, 1);
        Node node;
        node.kind = kind;
        node.place = at(mark);
        return node;
    }

    void charge(const YAML::Mark& mark, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > limits_.nodes)
            refuse(at(mark), "the file has too many values (aliases count as often as they are "
                             "used); expected at most " +
                                 std::to_string(limits_.nodes));
    }

    void check_depth(const YAML::Mark& mark, std::size_t more) const {
        if (open_.size() + more > limits_.depth)
            refuse(at(mark), "lists and mappings are nested too deep; expected at most " +
                                 std::to_string(limits_.depth) + " levels");
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!")
            refuse(at(mark), "expected a plain value, got the tag '" + tag + "'");
    }

    static void refuse_duplicates(const Node& mapping) {
        std::set<std::string_view> seen;
        for (const auto& child : mapping.children)
            if (!seen.insert(child.key).second)
                refuse(child.key_place, "duplicate field '" + child.key + "'");
    }

    void begin(const YAML::Mark& mark, NodeKind kind, YAML::anchor_t anchor) {
        check_depth(mark, 1);
        open_.push_back({make(mark, kind), anchor, false, {}});
    }

    void end() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(std::move(done.node), done.anchor);
    }

    static std::size_t depth_of(const Node& node) {
        std::size_t depth = 0;
        for (const auto& child : node.children) depth = std::max(depth, depth_of(child));
        return node.is_word() || node.kind == NodeKind::null ? 0 : depth + 1;
    }

    void remember(const Node& node, YAML::anchor_t anchor) {
        const auto size = size_of(node);
        nodes_ += size;  // the copy is paid for like any other
        if (nodes_ > limits_.nodes)
            refuse(node.place, "the anchored values are too many; expected at most " +
                                   std::to_string(limits_.nodes));
        anchors_.insert_or_assign(anchor, Anchored{node, size, depth_of(node)});
    }

    void add(Node node, YAML::anchor_t anchor) {
        if (anchor != 0) remember(node, anchor);
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        auto& top = open_.back();
        if (top.node.is_list()) {
            top.node.children.push_back(std::move(node));
        } else if (!top.key_read) {
            if (!node.is_word())
                refuse(node.place, "expected a word as the name of a field, got " + found(node));
            top.key = std::move(node);
            top.key_read = true;
        } else {
            // The parser places a missing value at whatever comes next.
            if (node.kind == NodeKind::null) node.place = top.key.place;
            node.key = std::move(top.key.text);
            node.key_place = top.key.place;
            top.key_read = false;
            top.node.children.push_back(std::move(node));
        }
    }

    const std::string* text_;
    int line_ = 0;
    std::size_t line_begin_ = 0;  // of that line
    const std::string* file_;
    bool lines_;
    Limits limits_;
    bool finished_ = false;
    std::size_t nodes_ = 0;
    Node root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
};

/// The column (from 1) of a tab before the first word of the line, else 0.
int indented_by_tab(const std::string& text, int line) {
    std::istringstream stream(text);
    std::string content;
    for (int i = 0; i <= line; ++i)
        if (!std::getline(stream, content)) return 0;
    const auto tab = content.find('\t');
    const auto word = content.find_first_not_of(" \t");
    return tab < word && tab != std::string::npos ? static_cast<int>(tab) + 1 : 0;
}

[[noreturn]] void refuse_yaml(const std::string& text, const std::string& file, bool lines,
                              const YAML::Exception& problem) {
    const auto& mark = problem.mark;
    const bool placed = lines && !mark.is_null();
    if (placed)
        if (const int tab = indented_by_tab(text, mark.line))
            refuse({&file, mark.line + 1, tab}, "expected blanks before the first word, got a tab");
    const int first = lines ? 1 : 0;
    refuse(placed ? Place{&file, mark.line + 1, mark.column + 1} : Place{&file, first, first},
           "this cannot be read: " + in_words(problem.msg));
}

}  // namespace

Node parse_document(const std::string& text, const std::string& file, bool lines,
                    const Limits& limits) {
    const Place start{&file, lines ? 1 : 0, lines ? 1 : 0};
    if (text.size() > limits.bytes)
        refuse(start, "expected at most " + std::to_string(limits.bytes) + " bytes, got " +
                          std::to_string(text.size()));
    check_text(text, file, lines, limits);
    std::istringstream stream(text);
    Builder builder(text, file, lines, limits);
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            builder.expect_no_more();
            parser.HandleNextDocument(builder);
        }
    } catch (const YAML::Exception& problem) {
        refuse_yaml(text, file, lines, problem);
    }
    auto root = builder.take();
    if (root.kind == NodeKind::null) root.place = start;
    return root;
}

std::string read_file(const std::string& path, const Limits& limits) {
    const Place start{&path, 1, 1};
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status)) refuse(start, "there is no such file");
    if (std::filesystem::is_directory(status)) refuse(start, "expected a file, got a directory");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) refuse(start, "the file cannot be read");
    std::string text;
    std::vector<char> block(65'536);
    while (stream.read(block.data(), static_cast<std::streamsize>(block.size())),
           stream.gcount() > 0) {
        text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
        if (text.size() > limits.bytes)
            refuse(start, "the file is too large; expected at most " +
                              std::to_string(limits.bytes) + " bytes");
    }
    return text;
}

}  // namespace interlock::config
