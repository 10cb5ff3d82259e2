// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "commands/completion.h"

namespace relaysieve {
namespace {

using Kind = Completed::Kind;

constexpr const char* kBashHead =
    R"sh(# bash completion for relaysieve and relaysieved; `relaysieve completion bash` prints it.
_relaysieve() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[0]##*/} i
  if [[ $word == = ]]; then
    word=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
)sh";

constexpr const char* kBashTail = R"sh(  esac
}

_relaysieve_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_relaysieve_words() {
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_relaysieve_ports() {
  _relaysieve_words "$1" "$(ls /sys/class/net 2>/dev/null)"
}

complete -F _relaysieve relaysieve relaysieved
)sh";

// What completes a value; "" where nothing does.
std::string bash_call_of(const Completed& option) {
  switch (option.kind) {
    case Kind::file:
      return "_relaysieve_files \"$word\"";
    case Kind::port:
      return "_relaysieve_ports \"$word\"";
    case Kind::choice:
      return absl::StrCat("_relaysieve_words \"$word\" '", absl::StrJoin(option.choices, " "), "'");
    default:
      return ":";
  }
}

// Else the commands, flags and arguments of a command.
std::string words(const CompletedCommand& command) {
  std::vector<std::string> all = command.commands;
  std::string argument;
  for (const Completed& option : command.options) {
    all.insert(all.end(), option.names.begin(), option.names.end());
    if (option.kind == Kind::setting)
      for (const Completed& setting : completed_settings()) all.push_back(setting.names[0]);
    if (!option.names.empty()) continue;
    if (option.kind == Kind::choice) all.insert(all.end(), option.choices.begin(), option.choices.end());
    if (option.kind == Kind::file)
      argument = "[[ $word == -* ]] || { _relaysieve_files \"$word\"; return; }; ";
  }
  return absl::StrCat("    '", command.path, "') ", argument, "_relaysieve_words \"$word\" '",
                      absl::StrJoin(all, " "), "' ;;\n");
}

}  // namespace

std::string bash_completion(const std::vector<CompletedCommand>& commands) {
  std::string text = kBashHead;
  std::vector<std::string> paths;
  for (const CompletedCommand& command : commands)
    if (command.path.find(' ') != command.path.npos) paths.push_back(absl::StrCat("'", command.path, "'"));
  absl::StrAppend(&text, "      ", absl::StrJoin(paths, "|"),
                  ") command+=\" ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n",
                  "  case \"$command $previous\" in\n", value_branches(commands, bash_call_of),
                  "  esac\n  case $command in\n");
  for (const CompletedCommand& command : commands) text += words(command);
  return text + kBashTail;
}

}  // namespace relaysieve
