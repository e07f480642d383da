"""A whole agent in Python's standard library: reads a task, answers with a decision. Start it with: python3 agent.py PORT"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BYTES_MAX = 1024 * 1024
HEALTH = {"status": "ok", "agent": "issue-triage", "version": "0.1.0", "mind": "python-example",
          "protocol_versions": [0], "task_types": ["issue.triage"]}


def decide(task):
    title = task["payload"]["issue"]["title"].lower()
    labels = task["context"]["settings"]["labels"]
    found = next((label for label, words in labels.items() if any(word.lower() in title for word in words)), None)
    actions = [] if found is None else [{"type": "add_label", "label": found}]
    return {"task_id": task["task_id"], "decision": "skip" if found is None else "label_and_respond",
            "rationale": "by the words of the title", "actions": actions}


class Agent(BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, HEALTH) if self.path == "/health" else self.answer(404, {"status": 404, "code": "not_found"})

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > BYTES_MAX:
            return self.answer(413, {"status": 413, "code": "body_too_large"})
        try:
            self.answer(200, decide(json.loads(self.rfile.read(length))))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(422, {"status": 422, "code": "invalid_task"})


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Agent)
print(server.server_port, flush=True)
server.serve_forever()
