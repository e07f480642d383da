import unittest

from verify import verify


class Verify(unittest.TestCase):
    def test_a_check_that_was_never_red_earns_nothing(self):
        self.assertEqual(verify({"exit_code": 0}, b"").verdict, "rejected")

    def test_a_check_that_is_green_again_is_a_repair_once(self):
        failed = verify({"exit_code": 1}, b"")
        self.assertEqual(failed.verdict, "rejected")
        repaired = verify({"exit_code": 0}, failed.memory)
        self.assertEqual(repaired.verdict, "verified")
        self.assertEqual(repaired.description, "Repaired a check that had failed 1 times")
        self.assertEqual(verify({"exit_code": 0}, repaired.memory).verdict, "rejected")

    def test_anything_else_is_inconclusive(self):
        for data in (None, [], {}, {"exit_code": "0"}, {"exit_code": True}):
            self.assertEqual(verify(data, b"").verdict, "inconclusive")


if __name__ == "__main__":
    unittest.main()
