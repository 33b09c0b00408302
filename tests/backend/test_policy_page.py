"""/policy: the whole text, an anchor at each clause."""

import pytest

from backend.web.policy import paragraphs

ANCHORS = {
    "p0": "为进一步健全",
    "p1": "一、工作目标",
    "p2-3": "(三)加强监管",
    "p3": "三、适用情形",
    "p3-text": "社会救助工作人员在推动",
    "p3-1": "(一)原共同生活",
    "p3-7": "(七)镇(街道)认定",
    "p4-1": "(一)提出申请",
    "p4-2a": "(二)民主评议",
    "p4-2b": "对情况特别紧急",
    "p4-3": "(三)结果认定",
    "p4-4a": "(四)跟踪管理",
    "p4-4b": "社会救助“一事一议”工作,依法接受",
    "p5-3": "(三)注重宣传引导",
}


@pytest.mark.parametrize("anchor", ANCHORS)
def test_each_clause_has_its_anchor(anchor: str) -> None:
    found = {paragraph.anchor: paragraph.text for paragraph in paragraphs()}
    assert found[anchor].startswith(ANCHORS[anchor])


def test_anchors_are_unique_and_nothing_of_the_text_is_lost() -> None:
    everything = paragraphs()
    assert len({paragraph.anchor for paragraph in everything}) == len(everything) == 27
