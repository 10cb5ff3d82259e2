// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "commands/completion.h"

namespace relaysieve {
namespace {

using Kind = Completed::Kind;

constexpr const char* kZshHead = R"sh(#compdef relaysieve relaysieved
# zsh completion for relaysieve and relaysieved; `relaysieve completion zsh` prints it.
_relaysieve() {
  local command=${words[1]:t} previous=${words[CURRENT-1]} i
  local -a commands flags settings
  if [[ $PREFIX == --*=* ]]; then
    previous=${PREFIX%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    case "$command ${words[i]}" in
)sh";

constexpr const char* kZshTail = R"sh(  esac
  (( $#commands )) && _describe -t commands command commands
  (( $#settings )) && _describe -t settings setting settings
  [[ $PREFIX == -* ]] || (( $#commands || $#settings )) || return
  _describe -o -t options option flags
}

_relaysieve "$@"
)sh";

std::string zsh_quoted(std::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll({text.data(), text.size()}, {{"'", "'\\''"}}), "'");
}

// "word:what it does", as _describe has it.
std::string described(const std::string& word, const std::string& help) {
  return zsh_quoted(absl::StrCat(absl::StrReplaceAll(word, {{":", "\\:"}}), ":", help));
}

std::string zsh_call_of(const Completed& option) {
  switch (option.kind) {
    case Kind::file:
      return "_files";
    case Kind::port:
      return "compadd -- /sys/class/net/*(N:t)";
    case Kind::choice:
      return option.choices.empty() ? ":" : absl::StrCat("compadd -- ", absl::StrJoin(option.choices, " "));
    default:
      return ":";
  }
}

// The help of a command that is below another one.
std::string help_of(const std::vector<CompletedCommand>& commands, const std::string& path) {
  for (const CompletedCommand& command : commands)
    if (command.path == path) return command.help;
  return "";
}

std::string words(const std::vector<CompletedCommand>& all, const CompletedCommand& command) {
  std::vector<std::string> commands, flags, settings;
  std::string argument;
  for (const std::string& name : command.commands)
    commands.push_back(described(name, help_of(all, absl::StrCat(command.path, " ", name))));
  for (const Completed& option : command.options) {
    for (const std::string& name : option.names) flags.push_back(described(name, option.help));
    if (option.kind == Kind::setting)
      for (const Completed& setting : completed_settings())
        settings.push_back(described(setting.names[0], setting.help));
    if (option.names.empty() && (option.kind == Kind::file || option.kind == Kind::choice))
      argument = absl::StrCat("      [[ $PREFIX == -* ]] || ", zsh_call_of(option), "\n");
  }
  return absl::StrCat("    ('", command.path, "')\n      commands=(", absl::StrJoin(commands, " "),
                      ")\n      settings=(", absl::StrJoin(settings, " "), ")\n      flags=(",
                      absl::StrJoin(flags, " "), ")\n", argument, "      ;;\n");
}

}  // namespace

std::string zsh_completion(const std::vector<CompletedCommand>& commands) {
  std::string text = kZshHead;
  std::vector<std::string> paths;
  for (const CompletedCommand& command : commands)
    if (command.path.find(' ') != command.path.npos) paths.push_back(absl::StrCat("'", command.path, "'"));
  absl::StrAppend(&text, "      (", absl::StrJoin(paths, "|"),
                  ") command+=\" ${words[i]}\" ;;\n    esac\n  done\n", "  case \"$command $previous\" in\n",
                  value_branches(commands, zsh_call_of), "  esac\n  case $command in\n");
  for (const CompletedCommand& command : commands) text += words(commands, command);
  return text + kZshTail;
}

}  // namespace relaysieve
