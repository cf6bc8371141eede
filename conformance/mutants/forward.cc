// Copyright 2026 The procspec Authors.
// SPDX-License-Identifier: Apache-2.0

#include "conformance/mutants/forward.h"

#include "spec/status_macros.h"

namespace procspec::mutants {
namespace {

template <typename Convert>
Value MapHandles(const Value& value, const Convert& convert) {
  if (const Handle* handle = value.get_if<Handle>()) {
    return Value(convert(*handle));
  }
  if (const List* list = value.get_if<List>()) {
    List mapped;
    mapped.reserve(list->size());
    for (const Value& item : *list) {
      mapped.push_back(MapHandles(item, convert));
    }
    return Value(std::move(mapped));
  }
  if (const Dict* dict = value.get_if<Dict>()) {
    Dict mapped;
    for (const auto& [key, item] : *dict) {
      mapped.emplace(key, MapHandles(item, convert));
    }
    return Value(std::move(mapped));
  }
  return value;
}

Handle InnerOf(const Handle& handle) {
  if (auto* wrapper = dynamic_cast<const Wrapper*>(handle.get())) {
    return wrapper->inner_handle();
  }
  return handle;
}

template <typename Convert>
Arguments MapArguments(const Arguments& arguments, const Convert& convert) {
  Arguments mapped;
  for (const Value& value : arguments.args) {
    mapped.args.push_back(convert(value));
  }
  for (const auto& [key, value] : arguments.kwargs) {
    mapped.kwargs.emplace(key, convert(value));
  }
  return mapped;
}

}  // namespace

Value UnwrapValue(const Value& value) { return MapHandles(value, InnerOf); }

Arguments UnwrapArguments(const Arguments& arguments) {
  return MapArguments(arguments, UnwrapValue);
}

Value ForwardBackend::WrapValue(const Value& value) {
  return MapHandles(
      value, [this](const Handle& handle) { return WrapHandle(handle); });
}

Arguments ForwardBackend::WrapArguments(const Arguments& arguments) {
  return MapArguments(arguments,
                      [this](const Value& value) { return WrapValue(value); });
}

template <typename T>
std::shared_ptr<T> ForwardBackend::WrapKnown(std::shared_ptr<T> object) {
  if (object == nullptr) return nullptr;
  const void* key = object.get();
  std::lock_guard lock(mutex_);
  std::weak_ptr<void>& known = wrappers_[key];
  if (std::shared_ptr<void> wrapper = known.lock()) {
    return std::static_pointer_cast<T>(wrapper);
  }
  std::shared_ptr<T> wrapper = Wrap(std::move(object));
  known = wrapper;
  return wrapper;
}

std::shared_ptr<Process> ForwardBackend::WrapOnce(
    std::shared_ptr<Process> inner) {
  return WrapKnown<Process>(std::move(inner));
}

template <typename Interface>
Handle ForwardBackend::WrapAs(const Handle& handle) {
  auto object = std::dynamic_pointer_cast<Interface>(handle);
  // A backend may pass objects of its own along that no user ever sees.
  if (object == nullptr) return handle;
  return WrapKnown(std::move(object));
}

Handle ForwardBackend::WrapHandle(const Handle& handle) {
  if (handle == nullptr) return handle;
  switch (handle->handle_kind()) {
    case HandleKind::kConnection:
      return WrapAs<Connection>(handle);
    case HandleKind::kQueue:
      return WrapAs<Queue>(handle);
    case HandleKind::kJoinableQueue:
      return WrapAs<JoinableQueue>(handle);
    case HandleKind::kSimpleQueue:
      return WrapAs<SimpleQueue>(handle);
    case HandleKind::kLock:
    case HandleKind::kRLock:
      return WrapAs<Lock>(handle);
    case HandleKind::kSemaphore:
    case HandleKind::kBoundedSemaphore:
      return WrapAs<Semaphore>(handle);
    case HandleKind::kCondition:
      return WrapAs<Condition>(handle);
    case HandleKind::kEvent:
      return WrapAs<Event>(handle);
    case HandleKind::kBarrier:
      return WrapAs<Barrier>(handle);
    case HandleKind::kLocalObject:
      return handle;
  }
  return handle;
}

absl::StatusOr<std::shared_ptr<Process>> ForwardBackend::NewProcess(
    ProcessOptions options) {
  options.arguments = UnwrapArguments(options.arguments);
  PROCSPEC_ASSIGN_OR_RETURN(auto process,
                            inner_->NewProcess(std::move(options)));
  return WrapOnce(std::move(process));
}

absl::StatusOr<ConnectionPair> ForwardBackend::NewPipe(bool duplex) {
  PROCSPEC_ASSIGN_OR_RETURN(ConnectionPair pair, inner_->NewPipe(duplex));
  return ConnectionPair{WrapKnown(pair.first), WrapKnown(pair.second)};
}

absl::StatusOr<std::shared_ptr<Queue>> ForwardBackend::NewQueue(
    int64_t maxsize) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, inner_->NewQueue(maxsize));
  return WrapKnown(std::move(queue));
}

absl::StatusOr<std::shared_ptr<JoinableQueue>> ForwardBackend::NewJoinableQueue(
    int64_t maxsize) {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, inner_->NewJoinableQueue(maxsize));
  return WrapKnown(std::move(queue));
}

absl::StatusOr<std::shared_ptr<SimpleQueue>> ForwardBackend::NewSimpleQueue() {
  PROCSPEC_ASSIGN_OR_RETURN(auto queue, inner_->NewSimpleQueue());
  return WrapKnown(std::move(queue));
}

absl::StatusOr<std::shared_ptr<Lock>> ForwardBackend::NewLock() {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, inner_->NewLock());
  return WrapKnown(std::move(lock));
}

absl::StatusOr<std::shared_ptr<Lock>> ForwardBackend::NewRLock() {
  PROCSPEC_ASSIGN_OR_RETURN(auto lock, inner_->NewRLock());
  return WrapKnown(std::move(lock));
}

absl::StatusOr<std::shared_ptr<Semaphore>> ForwardBackend::NewSemaphore(
    int64_t value) {
  PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, inner_->NewSemaphore(value));
  return WrapKnown(std::move(semaphore));
}

absl::StatusOr<std::shared_ptr<Semaphore>> ForwardBackend::NewBoundedSemaphore(
    int64_t value) {
  PROCSPEC_ASSIGN_OR_RETURN(auto semaphore, inner_->NewBoundedSemaphore(value));
  return WrapKnown(std::move(semaphore));
}

absl::StatusOr<std::shared_ptr<Event>> ForwardBackend::NewEvent() {
  PROCSPEC_ASSIGN_OR_RETURN(auto event, inner_->NewEvent());
  return WrapKnown(std::move(event));
}

absl::StatusOr<std::shared_ptr<Condition>> ForwardBackend::NewCondition(
    std::shared_ptr<Lock> lock) {
  if (lock != nullptr) lock = std::dynamic_pointer_cast<Lock>(InnerOf(lock));
  PROCSPEC_ASSIGN_OR_RETURN(auto condition,
                            inner_->NewCondition(std::move(lock)));
  return WrapKnown(std::move(condition));
}

absl::StatusOr<std::shared_ptr<Barrier>> ForwardBackend::NewBarrier(
    BarrierOptions options) {
  options.action_arguments = UnwrapArguments(options.action_arguments);
  PROCSPEC_ASSIGN_OR_RETURN(auto barrier,
                            inner_->NewBarrier(std::move(options)));
  return WrapKnown(std::move(barrier));
}

absl::StatusOr<std::shared_ptr<Pool>> ForwardBackend::NewPool(
    PoolOptions options) {
  options.initializer_arguments =
      UnwrapArguments(options.initializer_arguments);
  PROCSPEC_ASSIGN_OR_RETURN(auto pool, inner_->NewPool(std::move(options)));
  return Wrap(std::move(pool));
}

absl::StatusOr<std::shared_ptr<Process>> ForwardBackend::CurrentProcess() {
  PROCSPEC_ASSIGN_OR_RETURN(auto process, inner_->CurrentProcess());
  return WrapOnce(std::move(process));
}

absl::StatusOr<std::vector<std::shared_ptr<Process>>>
ForwardBackend::ActiveChildren() {
  PROCSPEC_ASSIGN_OR_RETURN(auto children, inner_->ActiveChildren());
  for (auto& child : children) child = WrapOnce(child);
  return children;
}

absl::Status ForwardBackend::AtExit(std::string_view target,
                                    Arguments arguments) {
  return inner_->AtExit(target, UnwrapArguments(arguments));
}

absl::Status ForwardBackend::SetGlobal(std::string_view name, Value value) {
  return inner_->SetGlobal(name, UnwrapValue(value));
}

absl::StatusOr<Value> ForwardBackend::Global(std::string_view name) {
  PROCSPEC_ASSIGN_OR_RETURN(Value value, inner_->Global(name));
  return WrapValue(value);
}

const Arguments& ForwardProcess::arguments() {
  if (!arguments_.has_value()) {
    arguments_ = backend_.WrapArguments(inner_->arguments());
  }
  return *arguments_;
}

absl::Status ForwardProcess::SetAttribute(std::string_view name, Value value) {
  return inner_->SetAttribute(name, UnwrapValue(value));
}

absl::StatusOr<Value> ForwardProcess::Attribute(std::string_view name) {
  PROCSPEC_ASSIGN_OR_RETURN(Value value, inner_->Attribute(name));
  return backend_.WrapValue(value);
}

absl::StatusOr<Value> ForwardPool::Apply(std::string_view target,
                                         Arguments arguments) {
  return inner_->Apply(target, UnwrapArguments(arguments));
}

absl::StatusOr<std::shared_ptr<AsyncResult>> ForwardPool::ApplyAsync(
    std::string_view target, Arguments arguments, PoolCallbacks callbacks) {
  PROCSPEC_ASSIGN_OR_RETURN(
      auto result, inner_->ApplyAsync(target, UnwrapArguments(arguments),
                                      std::move(callbacks)));
  return backend_.Wrap(std::move(result));
}

absl::StatusOr<List> ForwardPool::Map(std::string_view target, List items,
                                      std::optional<int> chunk_size) {
  for (Value& item : items) item = UnwrapValue(item);
  return inner_->Map(target, std::move(items), chunk_size);
}

absl::StatusOr<std::shared_ptr<AsyncResult>> ForwardPool::MapAsync(
    std::string_view target, List items, std::optional<int> chunk_size,
    PoolCallbacks callbacks) {
  for (Value& item : items) item = UnwrapValue(item);
  PROCSPEC_ASSIGN_OR_RETURN(
      auto result, inner_->MapAsync(target, std::move(items), chunk_size,
                                    std::move(callbacks)));
  return backend_.Wrap(std::move(result));
}

}  // namespace procspec::mutants
